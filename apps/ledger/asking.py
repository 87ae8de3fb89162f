"""Which days of the books somebody asks for, and as they were known when: read alike by every page and file."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.core import clock
from apps.ledger.forms import AsOf, KnownSpan
from apps.ledger.general import Days
from apps.ledger.models import Account


@dataclass(frozen=True, slots=True)
class AskedDay:
    """The end of a day of the clinic; today's, unless another is asked for."""

    form: AsOf
    day: date
    known_at: datetime | None
    is_refused: bool  # the form says why
    known_asked: str = ""  # as it stands in the address

    @property
    def known(self) -> str:
        return known_words(self.known_at)

    @property
    def all_words(self) -> str:
        """The day, and as known when."""
        return " · ".join(filter(None, [date_format(self.day, "D j M Y"), self.known]))


@dataclass(frozen=True, slots=True)
class AskedDays:
    """From one day to another, both included; this month until today, unless others are asked for. None is open."""

    form: KnownSpan
    first: date | None
    last: date | None
    known_at: datetime | None
    is_refused: bool
    known_asked: str = ""  # as it stands in the address

    @property
    def known(self) -> str:
        return known_words(self.known_at)

    @property
    def days(self) -> Days:
        return Days(self.first, self.last, self.known_at)

    @property
    def words(self) -> str:
        return self.days.words

    @property
    def all_words(self) -> str:
        """The same, and as known when."""
        return " · ".join(filter(None, [self.words, self.known]))

    @property
    def for_name(self) -> str:
        """As part of a file's name."""
        return "-".join(f"{day:%Y-%m-%d}" for day in (self.first, self.last) if day) or "all"


def today() -> date:
    return clock.day_of(clock.now(), profile.current().zone)


def day_asked(request: HttpRequest, form_class: type[AsOf] = AsOf) -> AskedDay:
    """``?day=`` and ``?known=``."""
    form = form_class(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    refused = bool(request.GET and form.errors)
    day, known_at = chosen.get("day") or today(), chosen.get("known")
    known = request.GET.get("known", "").strip() if known_at else ""
    return AskedDay(form if request.GET else form_class(initial={"day": day}), day, known_at, refused, known)


def days_asked(request: HttpRequest, *, all_days: bool = False) -> AskedDays:
    """``?first=``, ``?last=`` and ``?known=``. ``all_days``: all of them where none are named, not this month's."""
    usual: dict[str, date | None] = {"first": today().replace(day=1), "last": today()}
    if all_days:
        usual = {"first": None, "last": None}
    asked = request.GET if {"first", "last"} & set(request.GET) else {**usual, "known": request.GET.get("known", "")}
    form = KnownSpan(asked)
    if not form.is_valid():
        return AskedDays(form, usual["first"], usual["last"], None, True)
    chosen = form.cleaned_data
    known = request.GET.get("known", "").strip() if chosen["known"] else ""
    return AskedDays(form, chosen["first"], chosen["last"], chosen["known"], False, known)


def statement_until(account: Account, day: date, known: str = "") -> str:
    """Where an account's balance at the end of a day comes from. ``known`` as it was asked for."""
    query = {"first": "", "last": day.isoformat(), **({"known": known} if known else {})}
    return f"{reverse('ledger:account', args=[account.pk])}?{urlencode(query)}"


def known_words(known_at: datetime | None) -> str:
    """ "as known at 5 Nov 2026, 14:30", or nothing for what is known by now."""
    if known_at is None:
        return ""
    local = known_at.astimezone(profile.current().zone)
    return _("as known at %(moment)s") % {"moment": date_format(local, "j M Y, H:i")}
