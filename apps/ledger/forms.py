"""What somebody may ask of the books."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.forms import DayInput
from apps.ledger.models import Account

FIRST_YEAR, LAST_YEAR = 1900, 2999


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
    known = forms.DateField(label=_("As known at the end of"), required=False, widget=DayInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for field in ("day", "known"):
            day: date | None = cleaned.get(field)
            if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
                self.add_error(field, _("Choose a day of this or the last century."))
        return cleaned


class AccountName(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
