"""Words of the page kit: {% icon %}, {% status %}, {% frame %}, {% framed %}, {% quick %}."""

from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from django import template
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest
from django.template import Context
from django.urls import get_urlconf
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext_lazy as _

from apps.core import navigation, toasts
from apps.core.clock import clinic_zone
from apps.core.quick import drawn

register = template.Library()

# Parts of the frame that hold nobody's name and no token: drawn once for all who have the same rights.
SAME_FOR_MANY = {"head", "palette", "help", "dialogs"}
OFFERED = ("scheduling.book_appointment", "patients.register_patient")

_SVG = "{http://www.w3.org/2000/svg}"

# Edge colour and tint of a status; the word is always beside it, so that nothing is said by colour alone.
TONES = {
    "requested": "violet",
    "scheduled": "blue",
    "arrived": "amber",
    "in_session": "green",
    "completed": "grey",
    "no_show": "red",
    "cancelled": "struck",
    "draft": "grey",
    "issued": "blue",
    "partially_paid": "amber",
    "paid": "green",
    "refunded": "violet",
    "partially_refunded": "violet",
    "void": "struck",
    "settled": "green",
    "written_off": "grey",
    "credited": "violet",
    "pending": "amber",
    "captured": "green",
    "failed": "red",
    "active": "green",
    "open": "green",
    "opening": "amber",
    "erasing": "red",
    "counted": "amber",
    "locked": "grey",
    "invited": "amber",
    "waiting": "amber",
    "called": "violet",
    "skipped": "grey",
    "with_provider": "green",
    "done": "grey",
    "left": "struck",
    "delivered": "green",
    "inactive": "struck",
    "suspended": "red",
    "approved": "green",
    "declined": "red",
    "withdrawn": "struck",
}
WORDS = {
    "requested": _("Requested"),
    "scheduled": _("Scheduled"),
    "arrived": _("Arrived"),
    "in_session": _("In session"),
    "completed": _("Completed"),
    "no_show": _("No-show"),
    "cancelled": _("Cancelled"),
    "draft": _("Draft"),
    "issued": _("Issued"),
    "partially_paid": _("Partly paid"),
    "paid": _("Paid"),
    "captured": _("Received"),
    "refunded": _("Refunded"),
    "partially_refunded": _("Partly refunded"),
    "void": _("Void"),
    "settled": _("Settled"),
    "written_off": _("Written off"),
    "credited": _("Credited"),
    "active": _("Active"),
    "inactive": _("Inactive"),
}
ROLES = {
    "clinic_admin": _("Clinic admin"),
    "provider": _("Provider"),
    "front_desk": _("Front desk"),
    "billing_manager": _("Billing manager"),
    "cashier": _("Cashier"),
    "nurse": _("Nurse"),
    "compliance_officer": _("Compliance officer"),
}
_MESSAGE_TONES = {"success": "green", "error": "red", "warning": "amber", "info": "blue", "debug": "grey"}
_MESSAGE_ICONS = {"success": "circle-check", "error": "alert-circle", "warning": "alert-triangle"}


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "") -> SafeString:
    """A Tabler icon drawn into the page. Silent to screen readers, unless it gets a label of its own."""
    svg = _drawing(str(name), size)
    if label:
        return format_html('<span class="icon-box" role="img" aria-label="{}">{}</span>', label, svg)
    return svg


@lru_cache(maxsize=512)
def _drawing(name: str, size: int) -> SafeString:
    svg = ElementTree.fromstring(_drawings().read(f"{name if '/' in name else f'outline/{name}'}.svg"))  # noqa: S314
    svg.attrib |= {"width": str(size), "height": str(size), "stroke-width": "1.75"}
    svg.attrib |= {"class": f"icon icon-{size}", "aria-hidden": "true", "focusable": "false"}
    for part in svg.iter():
        part.tag, part.tail, part.text = part.tag.removeprefix(_SVG), None, None
    return mark_safe(ElementTree.tostring(svg, encoding="unicode"))  # noqa: S308 - drawn by the icon package


@cache
def _drawings() -> ZipFile:
    """The icon package's drawings: reading the list of all 6,000 takes longer than a page, so it is read once."""
    return ZipFile(BytesIO(files("tablericons").joinpath("tablericons.zip").read_bytes()))


@register.simple_tag(takes_context=True)
def quick(context: Context, name: str, /, **values: object) -> SafeString:
    """{% quick "scheduling/columns.html" columns=sheet %}: drawn by Jinja2, with what the page knows and these values;
    see apps/core/quick.py."""
    known: dict[Any, Any] = context.flatten()
    return drawn(name, **{**known, **values})


@register.simple_tag
def status(code: str, words: str = "") -> SafeString:
    """A status badge: edge colour, tint and word."""
    return _badge(str(code), str(words or WORDS.get(code) or str(code).replace("_", " ").capitalize()))


@lru_cache(maxsize=512)
def _badge(code: str, words: str) -> SafeString:
    return format_html('<span class="status tone-{}">{}</span>', tone(code), words)


@register.filter
def tone(code: str) -> str:
    """The tone of a status (blue, amber, green, grey, red, violet, struck), for a class like tone-amber."""
    return TONES.get(str(code), "grey")


@register.filter
def message_tone(level_tag: str) -> str:
    return _MESSAGE_TONES.get(level_tag, "blue")


@register.filter
def message_icon(level_tag: str) -> str:
    return _MESSAGE_ICONS.get(level_tag, "info-circle")


@register.filter
def initials(name: str) -> str:
    """SF for Sara Fernandes, as on the round badge beside a name."""
    letters = [part[0] for part in str(name).split() if part[0].isalnum()]
    return "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters).upper()


@register.filter
def roles(codes: list[str]) -> str:
    """The roles somebody holds, for the corner of the page: "Front desk, Cashier"."""
    return ", ".join(str(ROLES.get(code) or code.replace("_", " ").capitalize()) for code in codes or ())


@register.filter
def until(starts: datetime, ends: datetime) -> str:
    """{{ starts|until:ends }}: whole days without their midnights, one day's hours with the day said once."""
    if starts.time() == ends.time() == time() and starts < ends:
        first, last = starts.date(), ends.date() - timedelta(days=1)
        words = date_format(last, "D j M Y")
        return words if first == last else f"{date_format(first, 'D j M')} – {words}"
    if starts.date() == ends.date():
        return f"{date_format(starts, 'D j M Y, H:i')} – {date_format(ends, 'H:i')}"
    return f"{date_format(starts, 'D j M Y, H:i')} – {date_format(ends, 'D j M Y, H:i')}"


@register.filter
def wall(moment: datetime | None) -> datetime | None:
    """{{ moment|wall|date:"j M Y" }}: what the clinic's clock shows then; |date alone would say it in UTC."""
    return moment.astimezone(clinic_zone()).replace(tzinfo=None) if moment else None


@register.simple_tag(takes_context=True)
def departments(context: Context) -> list[navigation.Link]:
    """{% departments as rooms %}: where this person can go, in the order of the top bar."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return []
    if not hasattr(request, "rooms"):
        request.rooms = navigation.departments(request)  # type: ignore[attr-defined]  # asked by each part of the frame
    rooms: list[navigation.Link] = request.rooms  # type: ignore[attr-defined]
    return rooms


@register.simple_tag(takes_context=True)
def frame(context: Context, part: str) -> SafeString:
    """{% frame "bar" %}: a part of what stands around every page, out of templates/quick/frame."""
    return framed(context, "", part)


@register.simple_block_tag(takes_context=True)
def framed(context: Context, content: str, part: str) -> SafeString:
    """{% framed "help" %}…{% endframed %}: such a part around what the page adds to it."""
    rooms = () if part == "head" else tuple(departments(context))
    user, house = context.get("user"), context.get("house") or {}
    if part in SAME_FOR_MANY:
        rights = frozenset(right for right in OFFERED if user and user.has_perm(right))
        before, after = _around(part, rooms, rights, house.get("theme", ""), get_language(), get_urlconf())
        return mark_safe(before + conditional_escape(content) + after)  # noqa: S308 - escaped by the engine, and here
    may_find = any(room.icon == "users" for room in rooms)
    known = {"user": user, "house": house, "csrf_token": context.get("csrf_token")}
    return drawn(f"frame/{part}.html", rooms=rooms, may_find=may_find, content=content, **known)


@lru_cache(maxsize=512)
def _around(
    part: str, rooms: tuple[navigation.Link, ...], rights: frozenset[str], theme: str, *_place: Any
) -> tuple[str, str]:
    """What such a part has before and after what the page adds to it."""
    known = {"rooms": rooms, "rights": rights, "theme": theme, "is_right_to_left": get_language_bidi()}
    before, _content, after = drawn(f"frame/{part}.html", content="\0", **known).partition("\0")
    return before, after


@register.filter
def more(message: Message) -> dict[str, Any]:
    """A toast besides its words: undo (url and fields), paper and link (url and words), whether it stays."""
    return toasts.more_of(message)
