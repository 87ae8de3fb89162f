"""Forms of the waitlist. They keep what was typed; whether it can be done is decided by the rules."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Department, Provider
from apps.core.forms import ClockInput, DayInput, beside
from apps.core.refusals import Refusal
from apps.patients.models import Patient
from apps.scheduling.forms.place import WHICH_PATIENT
from apps.scheduling.models import AppointmentType
from apps.scheduling.models.waitlist import Priority

USUAL_WAIT = timedelta(days=28)


class JoinForm(forms.Form):
    """Who waits for what, with whom, and when they could come."""

    patient = forms.ModelChoiceField(
        Patient.objects.none(),
        label=_("Patient"),
        error_messages=WHICH_PATIENT,
        widget=forms.HiddenInput,
    )
    appointment_type = forms.ModelChoiceField(AppointmentType.objects.none(), label=_("For"), empty_label=None)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.ROUTINE
    )
    providers = forms.ModelMultipleChoiceField(
        Provider.objects.none(),
        label=_("With"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen, and no department: with anybody."),
    )
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("or anybody of"), required=False, empty_label=_("no department")
    )
    earliest_day = forms.DateField(label=_("From day"), widget=DayInput)
    latest_day = forms.DateField(label=_("To day"), widget=DayInput)
    from_time = forms.TimeField(label=_("Not before"), widget=ClockInput, required=False)
    until_time = forms.TimeField(label=_("Before"), widget=ClockInput, required=False)
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, Any] = {
            "patient": Patient.objects.filter(is_active=True),
            "appointment_type": AppointmentType.objects.active(),
            "providers": Provider.objects.filter(is_active=True),
            "department": Department.objects.filter(is_active=True),
        }
        for name, queryset in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset

    def refuse(self, refusal: Refusal) -> None:
        beside(self, refusal)
