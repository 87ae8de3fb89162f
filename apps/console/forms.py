"""What the system admin types."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.money import CURRENCIES
from apps.tenants.models import Clinic


class OpenClinicForm(forms.Form):
    name = forms.CharField(label=_("Name of the clinic"), max_length=120)
    slug = forms.SlugField(
        label=_("Address"), max_length=40, help_text=_("The first part of its web address: small letters and digits.")
    )
    admin_email = forms.EmailField(label=_("E-mail of the first clinic admin"), help_text=_("They get an invitation."))
    timezone = forms.ChoiceField(label=_("Time zone"))
    currency = forms.ChoiceField(label=_("Currency"))
    locale = forms.ChoiceField(
        label=_("Number and date style"),
        choices=[("en", "English"), ("en-us", "English (US)"), ("en-gb", "English (UK)"), ("en-in", "English (India)")],
    )
    plan = forms.ChoiceField(label=_("Plan"), choices=Clinic.Plan.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].choices = [(name, name) for name in sorted(available_timezones()) if "/" in name]  # type: ignore[attr-defined]
        self.fields["currency"].choices = [(code, code) for code in sorted(CURRENCIES)]  # type: ignore[attr-defined]


class SuspendForm(forms.Form):
    """Closing a clinic's door stops people at work: the address is typed, not clicked."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Written to the trail."))
    confirmation = forms.CharField(label=_("Type the clinic's address to confirm"), max_length=253)

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"].strip()
        if typed.lower() not in {self.clinic.slug, *self.clinic.domains.values_list("domain", flat=True)}:
            raise forms.ValidationError(_("That is not this clinic's address."))
        return typed


class PlanForm(forms.Form):
    plan = forms.ChoiceField(label=_("Plan"), choices=Clinic.Plan.choices)
