"""Forms of fees: the grid of providers and types, one provider's fee for one type, and letting a patient off."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider
from apps.core.forms import DayInput
from apps.scheduling.models import AppointmentType


class FeeGridForm(forms.Form):
    """From which day; the amounts stand in the grid itself, named by provider and type."""

    effective_from = forms.DateField(label=_("From day"), widget=DayInput)

    def cells(self, providers: list[Provider], types: list[AppointmentType]) -> list[tuple[Any, Any, str]]:
        """What was typed, cell by cell; cells that were not sent are left alone."""
        return [
            (provider, one, str(self.data[cell_name(provider, one)])[:40])
            for one in types
            for provider in providers
            if cell_name(provider, one) in self.data
        ]


class ProviderFeeForm(forms.Form):
    """What one kind of appointment costs with one provider."""

    rate = forms.CharField(
        label=_("Fee"),
        max_length=40,
        required=False,
        help_text=_("Empty: as the type has it."),
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    facility_rate = forms.CharField(
        label=_("Facility fee"),
        max_length=40,
        required=False,
        help_text=_("Empty: as the type has it. 0: none with this provider."),
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    effective_from = forms.DateField(label=_("From day"), widget=DayInput)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_from"].widget.attrs["min"] = today.isoformat()


class WaiverForm(forms.Form):
    """Why a patient is let off."""

    reason = forms.CharField(label=_("Why is the patient let off?"), max_length=500)


def cell_name(provider: Provider, appointment_type: AppointmentType) -> str:
    return f"fee-{provider.pk}-{appointment_type.pk}"
