"""The departments in the top bar. Each entry shows itself only to people who may open its page."""

from dataclasses import dataclass, replace
from functools import cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Department:
    """One place in the top bar: its words, icon, page, and the letter that goes there after G."""

    words: str | Promise
    icon: str
    url_name: str
    key: str


@dataclass(frozen=True)
class Link:
    """A department as this person sees it on this page."""

    words: str
    icon: str
    href: str
    key: str
    here: bool
    near: bool  # has a place on the bar of a phone; the others are behind "More"


DEPARTMENTS = (
    Department(_("Clinics"), "building-hospital", "console:clinics", "c"),  # resolves on the platform only
    Department(_("Schedule"), "calendar", "scheduling:day_sheet", "s"),
    Department(_("My day"), "stethoscope", "scheduling:my_day", "m"),
    Department(_("Flow board"), "armchair", "scheduling:flow_board", "f"),
    Department(_("Waitlist"), "clock-hour-4", "scheduling:waitlist", "w"),
    Department(_("Waiting room"), "door-enter", "scheduling:waiting_room", "q"),
    Department(_("Patients"), "users", "patients:list", "p"),
    Department(_("Billing"), "receipt", "billing:work_queue", "b"),
    Department(_("Ledger"), "book", "ledger:entries", "l"),
    Department(_("Reports"), "chart-bar", "reports:dashboard", "r"),
    Department(_("Staff"), "id-badge-2", "accounts:staff_list", "t"),
    Department(_("Audit"), "history", "audit:trail", "a"),
    Department(pgettext_lazy("settings of the clinic", "Set-up"), "settings", "scheduling:setup", "c"),
)
# Whose places a phone's narrow bar has room for, first choice first: every role's home is among its own.
DOORS = 5
NEAREST = (
    "console:clinics",
    "scheduling:day_sheet",
    "patients:list",
    "reports:dashboard",
    "billing:work_queue",
    "scheduling:my_day",
    "audit:trail",
    "scheduling:waiting_room",
)


def departments(request: HttpRequest) -> list[Link]:
    """The departments that exist in this house and that this person may enter, in the order of the bar."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    links, names = [], []
    for department, words, href, access in _doors(get_urlconf(), get_script_prefix(), get_language()):
        if any("." not in right or user.has_perm(right) for right in access):
            section = href if href.count("/") > 1 else f"{href}/"
            here = request.path == href or (section != "/" and request.path.startswith(section))
            links.append(Link(words, department.icon, href, department.key, here, near=True))
            names.append(department.url_name)
    near = _on_a_phone(names)
    links = [replace(link, near=name in near) for link, name in zip(links, names, strict=True)]
    return _only_the_open_one(links, getattr(request.resolver_match, "namespace", ""))


def _on_a_phone(names: list[str]) -> list[str]:
    """All of these where there is room, else those that leave a place for "More"."""
    if len(names) <= DOORS:
        return names
    return sorted(names, key=lambda name: NEAREST.index(name) if name in NEAREST else len(NEAREST))[: DOORS - 1]


@cache
def _doors(
    urlconf: str | None, _prefix: str, _language: str | None
) -> list[tuple[Department, str, str, tuple[str, ...]]]:
    """The departments of this house with their words and addresses; each view itself says who may enter (its `access`
    mark)."""
    doors = []
    for department in DEPARTMENTS:
        try:
            href = reverse(department.url_name, urlconf)
        except NoReverseMatch:
            continue
        doors.append((department, str(department.words), href, getattr(resolve(href, urlconf).func, "access", ())))
    return doors


def _only_the_open_one(links: list[Link], namespace: str) -> list[Link]:
    """Where one department's address lies below another's, only the longer one is 'here'; where the page lies below
    none (a document, a card), the first door of its own app."""
    here = max((link.href for link in links if link.here), key=len, default="")
    if not here and namespace:
        here = next((link.href for link in links if resolve(link.href).namespace == namespace), "")
    return [replace(link, here=link.href == here) for link in links]
