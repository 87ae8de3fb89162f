"""What somebody may ask of the books."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.clock import FIRST_YEAR, LAST_YEAR
from apps.core.forms import DayInput
from apps.core.refusals import Refusal
from apps.ledger.models import Account


class Span(forms.Form):
    """From one day of the clinic to another, both included."""

    first = forms.DateField(label=_("From"), required=False, widget=DayInput)
    last = forms.DateField(label=_("To"), required=False, widget=DayInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        for field, day in (("first", first), ("last", last)):
            if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
                self.add_error(field, _("Choose a day of this or the last century."))
        if first and last and first > last:
            self.add_error("last", _("The last day comes before the first."))
        return cleaned


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of a day and a time. A day alone, as in an address, is shown with its last minute."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({"max": "2999-12-31T23:59"}, format="%Y-%m-%dT%H:%M")

    def format_value(self, value: Any) -> Any:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return f"{value}T23:59"
        return super().format_value(value)


class KnownField(forms.CharField):
    """A moment on the clinic's clock: through the minute that is written, or through the day if only that is."""

    widget = MomentInput

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        if value in self.empty_values or isinstance(value, datetime):
            return value or None
        try:
            day, minute = _minute(str(value).strip())
            return clock.at_wall_time(day, minute, clock.clinic_zone()) + timedelta(minutes=1, microseconds=-1)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from None
        except (ValueError, OverflowError):
            raise forms.ValidationError(_("Write the moment like 2026-11-05 or 2026-11-05T14:30.")) from None


def _minute(text: str) -> tuple[date, time]:
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::\d{2})?)?", text, re.ASCII)
    if not match:
        raise ValueError(text)
    day = date.fromisoformat(match[1])
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(text)
    return day, time.fromisoformat(match[2] or "23:59")


class KnownSpan(Span):
    """The same, as the books knew of it at a moment."""

    known = KnownField(label=_("As known at"), required=False)


class JournalFilter(Span):
    """Which entries of the journal to show."""

    account = forms.ModelChoiceField(
        label=_("Account"), queryset=Account.objects.none(), required=False, empty_label=_("All accounts")
    )
    number = forms.CharField(label=_("Number"), required=False, max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = Account.objects.all()  # type: ignore[attr-defined]
        self.fields["number"].widget.attrs["placeholder"] = "JRN-2026-00001"


class AsOf(forms.Form):
    """The day whose end the books are drawn for."""

    day = forms.DateField(label=_("As effective on"), required=False, widget=DayInput)
    known = KnownField(label=_("As known at"), required=False)

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(_("Choose a day of this or the last century."))
        return day


class ClosingForm(forms.Form):
    """Up to which day the books are closed."""

    closed_until = forms.DateField(label=_("Up to and with"), widget=DayInput)


class ReopeningForm(forms.Form):
    """From which day on they are to be open again, and why."""

    reopen_from = forms.DateField(label=_("Open again from"), widget=DayInput)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class RefusalForm(forms.Form):
    """Why they stay closed."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class AccountName(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
