"""The second template engine, Jinja2, for what takes a page its time: templates/quick.

A page is written in Django's language. What takes longer than all the rest of it (Django's engine needs some seven
times as long: columns, cards, fields of forms, the frame of every page) is a template of its own in templates/quick,
drawn by `{% quick "scheduling/columns.html" columns=sheet %}`. It knows what the page knows, what it is handed, and
what stands below; every value is escaped there too.
"""

from functools import cache, partial
from typing import Any
from uuid import UUID

from django.template import engines
from django.templatetags.static import static
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment

from apps.core.pages import addresses


def environment(**options: Any) -> Environment:
    """What these templates can say: `_("words")`, `ngettext(…)`, `address("app:page", key)`, `static(path)`,
    `icon(name, size)`, `status(code, words)`, and the filters tone, initials and roles."""
    from apps.core.templatetags import house

    quick = Environment(**options)  # noqa: S701 - Django's backend turns escaping on
    quick.globals |= {"_": gettext, "ngettext": ngettext, "address": address, "static": static}
    quick.globals |= {"icon": house.icon, "status": house.status}
    quick.filters |= {"tone": house.tone, "initials": house.initials, "roles": house.roles}
    return quick


def address(name: str, pk: UUID | None = None, *more: str) -> str:
    """Where a page lives, that of a row by its key (and what stands behind it); nothing where this house does not have
    it: the platform has neither patients nor a diary."""
    return addresses(name, *more)(pk) if pk else _address(get_urlconf(), get_script_prefix(), name)


@cache
def _address(urlconf: str | None, prefix: str, name: str) -> str:
    try:
        return reverse(name, urlconf)
    except NoReverseMatch:
        return ""


def drawn(name: str, /, **values: Any) -> SafeString:
    """A template of templates/quick with these values."""
    words = partial(_words, get_language())  # the frame alone has a hundred of them
    return mark_safe(engines["quick"].get_template(name).render({"_": words, **values}))  # noqa: S308 - escaped by the engine


@cache
def _words(_language: str | None, message: str) -> str:
    return gettext(message)
