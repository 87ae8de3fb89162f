"""Which period somebody asks a report for, and as known when."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.http import HttpRequest

from apps.ledger.asking import known_words, today
from apps.reports.forms import PeriodForm
from apps.reports.periods import Period


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """The present month, unless another period is asked for."""

    form: PeriodForm
    period: Period
    today: date
    known_at: datetime | None
    known_asked: str  # as it stands in the address
    is_refused: bool

    @property
    def known(self) -> str:
        return known_words(self.known_at)

    @property
    def all_words(self) -> str:
        return " · ".join(filter(None, [self.period.words, self.known]))

    @property
    def for_name(self) -> str:
        return f"{self.period.first:%Y-%m-%d}-{self.period.last:%Y-%m-%d}"

    def query(self, first: date | None = None, last: date | None = None, /, **more: str) -> str:
        """These days (or some of them) and the moment, for an address that leads further down."""
        days = {"first": (first or self.period.first).isoformat(), "last": (last or self.period.last).isoformat()}
        return urlencode({**days, **({"known": self.known_asked} if self.known_at else {}), **more})


def period_asked(request: HttpRequest, form_class: type[PeriodForm] = PeriodForm) -> AskedPeriod:
    """``?month=`` or ``?first=`` and ``?last=``, and ``?known=``."""
    day = today()
    form = form_class(request.GET)
    period = form.period(day)
    if form.errors:
        return AskedPeriod(form, period, day, None, "", True)
    chosen, known = form.cleaned_data, request.GET.get("known", "").strip()
    shown = {**chosen, "month": period.first if period.is_month else None, "first": period.first, "last": period.last}
    return AskedPeriod(form_class(initial=shown), period, day, chosen["known"], known, False)
