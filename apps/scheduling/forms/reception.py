"""What is typed at the reception: somebody who walks in, and how the clinic receives its patients."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.patients.models import Patient
from apps.scheduling.arrival.reception import NoTimeToday
from apps.scheduling.fitting import OVERRIDE
from apps.scheduling.forms.place import WHICH_PATIENT
from apps.scheduling.models import AppointmentType
from apps.scheduling.slots import free_slots


class WalkInForm(forms.Form):
    """Who, with whom, for what; the time is the first free one."""

    patient = forms.ModelChoiceField(
        Patient.objects.none(),
        label=_("Patient"),
        error_messages=WHICH_PATIENT,
        widget=forms.HiddenInput,
    )
    provider = forms.ModelChoiceField(Provider.objects.none(), label=_("Provider"), empty_label=None)
    appointment_type = forms.ModelChoiceField(
        AppointmentType.objects.none(), label=pgettext_lazy("of an appointment", "For"), empty_label=None
    )
    reason = forms.CharField(
        label=_("Reason for the visit"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    form_key = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)
    override_reason = forms.CharField(
        label=_("Reason for seeing them now all the same"),
        help_text=_("Kept with the appointment and in the audit trail."),
        max_length=500,
        required=False,
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusal: Refusal | None = None
        self.may_override = by.has_perm(OVERRIDE)
        if not self.may_override:
            del self.fields["override_reason"]
        querysets = {
            "patient": Patient.objects.filter(is_active=True),
            "provider": Provider.objects.filter(is_active=True),
            "appointment_type": AppointmentType.objects.active(),
        }
        for name, queryset in querysets.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset

    def details(self) -> dict[str, Any]:
        typed = self.cleaned_data
        names = ("patient", "provider", "appointment_type", "reason", "form_key")
        return {name: typed[name] for name in names} | {"override_reason": typed.get("override_reason", "")}

    def refuse(self, refusal: Refusal) -> None:
        """A refusal may name patients, for those who may see them: `message`, not `str()`."""
        self.refusal = refusal
        beside(self, refusal)

    @property
    def wants_override(self) -> bool:
        return self.may_override and (isinstance(self.refusal, NoTimeToday) or bool(self.data.get("override_reason")))

    def first_times(self, at: datetime) -> list[tuple[Provider, str]]:
        """When each provider could see them today, the soonest first; for the type that is chosen."""
        zone = profile.current().zone
        kinds = AppointmentType.objects.active()
        chosen = str(self["appointment_type"].value() or "")
        kind = next((one for one in kinds if str(one.pk) == chosen), None) or kinds.first()
        if kind is None:
            return []
        today = day_of(at, zone)
        providers = Provider.objects.filter(is_active=True)
        slots = free_slots(providers=providers, appointment_type=kind, first_day=today, last_day=today, at=at)
        first: dict[Any, tuple[Provider, str]] = {}
        for slot in slots:
            first.setdefault(slot.provider.pk, (slot.provider, f"{slot.starts_at.astimezone(zone):%H:%M}"))
        return list(first.values())
