"""Which days a report is for."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.clock import FIRST_YEAR, LAST_YEAR
from apps.ledger.forms import AsOf, KnownSpan
from apps.reports.breakdown import WAYS
from apps.reports.periods import LONGEST, Period


class MonthInput(forms.DateInput):
    """The browser's own month picker; where it has none, a line to type 2026-11 into."""

    input_type = "month"

    def __init__(self) -> None:
        super().__init__({"placeholder": "2026-11", "pattern": r"[0-9]{4}-[0-9]{2}"}, format="%Y-%m")


class MonthField(forms.CharField):
    """A month, as the first of its days."""

    widget = MonthInput

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if value in self.empty_values or isinstance(value, date):
            return value or None
        match = re.fullmatch(r"(\d{4})-(\d{2})", str(value), re.ASCII)
        if not match or not (FIRST_YEAR <= int(match[1]) <= LAST_YEAR and 1 <= int(match[2]) <= 12):
            raise forms.ValidationError(_("Write the month like 2026-11."))
        return date(int(match[1]), int(match[2]), 1)


class PeriodForm(KnownSpan):
    """A month, or a first and a last day, as known at a moment; nothing chosen is the month of today."""

    month = MonthField(label=_("Month"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last - first >= LONGEST:
            self.add_error("last", _("A report covers three years at most."))
        return cleaned

    def period(self, today: date) -> Period:
        """The period that was asked for; the present month where the question was wrong."""
        if not self.is_valid():
            return Period.month_of(today)
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last:
            return Period(first, last)
        if first:
            return Period(first, max(first, min(today, first + LONGEST - timedelta(days=1))))
        if last:
            return Period(Period.month_of(last).first, last)
        return Period.month_of(self.cleaned_data.get("month") or today)


class BreakdownForm(PeriodForm):
    """Which days, and what revenue is cut up by."""

    by = forms.ChoiceField(label=_("By"), required=False, choices=list(WAYS.items()))

    def clean_by(self) -> str:
        return self.cleaned_data["by"] or "day"


class AgeingForm(AsOf):
    """The day whose end the open balances are drawn for, and who comes first."""

    order = forms.ChoiceField(
        label=_("First"),
        required=False,
        choices=[("amount", _("Who owes most")), ("age", _("Who is overdue longest"))],
    )

    def clean_order(self) -> str:
        return self.cleaned_data["order"] or "amount"
