"""Booking, moving and cancelling as forms. They keep what was typed; whether it can be done is decided by the rules."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.patients.models import Patient
from apps.scheduling.fitting import DoesNotFit
from apps.scheduling.forms.place import WHICH_PATIENT, PlaceForm
from apps.scheduling.missed import WAIVE, Answer
from apps.scheduling.models import Appointment, AppointmentType, Channel, Resource
from apps.scheduling.moves import MovedMeanwhile, Seen
from apps.scheduling.taking import kept


class BookingForm(PlaceForm):
    """UC-01: a provider, a patient, a time."""

    patient = forms.ModelChoiceField(
        Patient.objects.none(),
        label=gettext_lazy("Patient"),
        error_messages=WHICH_PATIENT,
        widget=forms.HiddenInput,
    )
    appointment_type = forms.ModelChoiceField(
        AppointmentType.objects.none(), label=pgettext_lazy("of an appointment", "For"), empty_label=None
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason for the visit"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    channel = forms.ChoiceField(label=gettext_lazy("Booked"), choices=Channel.choices, required=False)
    follow_up_for = forms.ModelChoiceField(Appointment.objects.none(), required=False, widget=forms.HiddenInput)
    reschedule_of = forms.ModelChoiceField(Appointment.objects.none(), required=False, widget=forms.HiddenInput)
    resources = forms.ModelMultipleChoiceField(
        Resource.objects.none(),
        label=gettext_lazy("Rooms and equipment"),
        help_text=gettext_lazy("Without a choice, what the visit needs is found."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    why = forms.CharField(
        label=gettext_lazy("Why it cannot wait"),
        help_text=gettext_lazy("A clinic admin reads this and decides."),
        max_length=500,
        required=False,
    )
    # A double click and the back button send the same key again: it books once.
    form_key = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    field_order = ["patient", "provider", "appointment_type", "day", "starts", "fold", "reason", "channel"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        patients, types = self.fields["patient"], self.fields["appointment_type"]
        assert isinstance(patients, forms.ModelChoiceField) and isinstance(types, forms.ModelChoiceField)
        patients.queryset = Patient.objects.filter(is_active=True)
        types.queryset = AppointmentType.objects.active()
        if self.may_override:
            del self.fields["why"]
        rooms = self.fields["resources"]
        assert isinstance(rooms, forms.ModelMultipleChoiceField)
        rooms.queryset = Resource.objects.filter(is_active=True)
        for name in ("follow_up_for", "reschedule_of"):
            earlier = self.fields[name]
            assert isinstance(earlier, forms.ModelChoiceField)
            earlier.queryset = Appointment.objects.with_people()

    @property
    def asks(self) -> bool:
        """Whether to offer to ask a clinic admin: something is in the way, and this person may not book over it."""
        return "why" in self.fields and (isinstance(self.refusal, DoesNotFit) or bool(self.data.get("why")))

    @property
    def is_asking(self) -> bool:
        return "why" in self.fields and "ask" in self.data

    def request(self) -> dict[str, Any]:
        """The words of `overrides.ask`."""
        cleaned = self.cleaned_data
        same = {name: cleaned[name] for name in ("patient", "provider", "appointment_type", "starts_at", "why")}
        more: dict[str, Any] = {
            "channel": cleaned["channel"] or Channel.DESK,
            "resources": list(cleaned["resources"]) or None,
        }
        more |= {name: cleaned[name] for name in ("follow_up_for", "reschedule_of")}
        return same | more | {"visit_reason": cleaned["reason"]}

    def details(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return self.place() | {
            "patient": cleaned["patient"],
            "appointment_type": cleaned["appointment_type"],
            "reason": cleaned["reason"],
            "channel": cleaned["channel"] or Channel.DESK,
            "follow_up_for": cleaned["follow_up_for"],
            "reschedule_of": cleaned["reschedule_of"],
            "form_key": cleaned["form_key"],
            "resources": list(cleaned["resources"]) or None,
        }


class MoveForm(PlaceForm):
    """To another time, provider or length: what dragging does, as a form. What is not sent stays as it is."""

    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=1, max_value=24 * 60, required=False)
    resources = forms.ModelMultipleChoiceField(
        Resource.objects.none(),
        label=gettext_lazy("Rooms and equipment"),
        help_text=gettext_lazy("As they are, it keeps them or takes others of their kind."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    seen = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    field_order = ["provider", "day", "starts", "fold", "minutes"]

    def __init__(self, *args: Any, appointment: Appointment, **kwargs: Any) -> None:
        self.appointment = appointment
        self.has = kept(appointment)
        local = appointment.starts_at.astimezone(profile.current().zone)
        kwargs["initial"] = {
            "provider": appointment.provider_id,
            "day": local.date(),
            "starts": local.time(),
            "fold": local.fold,
            "minutes": appointment.duration // timedelta(minutes=1),
            "seen": str(Seen.of(appointment)),
            "resources": self.has,
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        self.fields["minutes"].widget.attrs.update({"inputmode": "numeric", "step": 5})
        self.fields["provider"].required = not self.is_bound or "provider" in self.data
        rooms = self.fields["resources"]
        assert isinstance(rooms, forms.ModelMultipleChoiceField)
        rooms.queryset = Resource.objects.filter(Q(is_active=True) | Q(pk__in=self.has))
        self.stays = self.is_bound and not {"day", "starts", "at"} & set(self.data)
        if self.stays:
            self.fields["day"].required = self.fields["starts"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.stays:
            cleaned["starts_at"] = self.appointment.starts_at
        return cleaned

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(refusal)
        if isinstance(refusal, MovedMeanwhile):  # who sends it again has been told
            self.appointment.refresh_from_db(fields=["provider", "starts_at", "ends_at"])
            self.data = {**{name: self.data[name] for name in self.data}, "seen": str(Seen.of(self.appointment))}

    def place(self) -> dict[str, Any]:
        cleaned, length = self.cleaned_data, self.cleaned_data.get("minutes")
        changed = length is not None and length != self.appointment.duration // timedelta(minutes=1)
        return super().place() | {
            "ends_at": cleaned["starts_at"] + timedelta(minutes=length) if changed and length else None,
            "seen": Seen.read(cleaned["seen"]),
            "resources": self._chosen_rooms(),
        }

    def _chosen_rooms(self) -> list[Resource] | None:
        """Rooms by name where they were ticked anew; a drag sends none, and says nothing about them."""
        chosen = list(self.cleaned_data["resources"])
        asked = "rooms" in self.data or "resources" in self.data
        return chosen if asked and {one.pk for one in chosen} != set(self.has) else None


class CancelForm(forms.Form):
    """Why an appointment is cancelled."""

    reason = forms.CharField(label=gettext_lazy("Why is it cancelled?"), max_length=500)
    called_off_by = forms.ChoiceField(
        label=gettext_lazy("Who calls it off?"),
        choices=(("patient", gettext_lazy("The patient")), ("clinic", gettext_lazy("The clinic: it costs nothing"))),
        widget=forms.RadioSelect,
        required=False,
        initial="patient",
    )
    waiver = forms.CharField(
        label=gettext_lazy("Let the patient off, because"),
        help_text=gettext_lazy("Empty: the fee is drafted for billing."),
        max_length=500,
        required=False,
    )
    shown_fee = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, fee: str, by: User, **kwargs: Any) -> None:
        """`fee`: what it costs now, in words; nothing while it is free. Then nobody is asked about it."""
        super().__init__(*args, **kwargs)
        self.fee = fee
        self.initial["shown_fee"] = fee
        if not fee:
            del self.fields["called_off_by"]
        if not fee or not by.has_perm(WAIVE):
            del self.fields["waiver"]

    def clean_shown_fee(self) -> str:
        """What was free when the page was opened is not charged unseen."""
        if self.fee and self.cleaned_data["shown_fee"] != self.fee:
            self.data = {**{name: self.data[name] for name in self.data}, "shown_fee": self.fee}
            raise forms.ValidationError(gettext("Cancelling costs %(fee)s by now. Look again.") % {"fee": self.fee})
        return self.fee

    def answer(self) -> Answer:
        """How the rule is to take it."""
        cleaned = self.cleaned_data
        return Answer(cleaned.get("called_off_by") == "clinic", cleaned.get("waiver", ""))

    def refuse(self, refusal: Refusal) -> None:
        beside(self, refusal)
