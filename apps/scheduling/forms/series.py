"""Forms of appointments that repeat. They keep what was typed; whether it can be done is decided by the rules."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from apps.clinic import profile
from apps.core.forms import DayInput
from apps.core.refusals import Refusal
from apps.scheduling.forms.appointments import BookingForm
from apps.scheduling.forms.place import PlaceForm, moment_of
from apps.scheduling.models import Appointment, AppointmentType
from apps.scheduling.models.hours import Weekday
from apps.scheduling.models.series import MOST_TIMES, Unit
from apps.scheduling.repeating.recurrence import Rule

TIMES, UNTIL = "times", "until"
THIS, FOLLOWING = "this", "following"
USUAL_TIMES = 10


class SeriesForm(BookingForm):
    """A booking with the rule by which it repeats, and the dates that were chosen from its preview."""

    every = forms.IntegerField(label=_("Every"), min_value=1, max_value=90, initial=1)
    unit = forms.ChoiceField(label=_("Unit"), choices=Unit.choices, initial=Unit.WEEK)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"),
        choices=[(day.value, str(day.label)) for day in Weekday],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only for days and weeks. None chosen: the weekday of the first appointment."),
    )
    ends = forms.ChoiceField(
        label=_("Ends"),
        choices=[(TIMES, _("after so many times")), (UNTIL, _("on a day"))],
        initial=TIMES,
        widget=forms.RadioSelect,
    )
    times = forms.IntegerField(label=_("Times"), min_value=2, max_value=MOST_TIMES, required=False, initial=USUAL_TIMES)
    until = forms.DateField(label=_("Last day"), widget=DayInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    means_the_first = True
    RULE_FIELDS = ("every", "unit", "weekdays", "ends", "times", "until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_override = False
        for name in ("override_reason", "channel", "follow_up_for", "reschedule_of", "form_key"):
            self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("ends") == TIMES and not cleaned.get("times") and "times" not in self.errors:
            self.add_error("times", _("Say how many times."))
        if cleaned.get("ends") == UNTIL and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", _("Choose the last day."))
        return cleaned

    def rule(self) -> Rule:
        cleaned = self.cleaned_data
        local = cleaned["starts_at"].astimezone(profile.current().zone)
        by_times = cleaned["ends"] == TIMES
        return Rule(
            first_day=local.date(),
            starts=local.time().replace(second=0, microsecond=0),
            unit=cleaned["unit"],
            every=cleaned["every"],
            weekdays=tuple(cleaned["weekdays"]),
            times=cleaned["times"] if by_times else None,
            until=None if by_times else cleaned["until"],
        )

    def people(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {name: cleaned[name] for name in ("patient", "provider", "appointment_type", "patient_sees_both")}

    def fingerprint(self) -> str:
        """Of what the dates follow from: who presses Book after changing the rule is shown the new dates first."""
        people = self.people()
        follows_from = f"{self.rule()} {people['provider'].pk} {people['appointment_type'].pk}"
        return hashlib.sha256(follows_from.encode()).hexdigest()[:16]

    def chosen(self) -> dict[date, datetime | None]:
        """What was chosen for each day that was shown: a moment, or nothing (left out)."""
        return dict(self._choices())

    def _choices(self) -> Iterator[tuple[date, datetime | None]]:
        for name in self.data:
            if not name.startswith("day-"):
                continue
            try:
                day = parse_date(name.removeprefix("day-"))
            except ValueError:
                continue
            if day is not None:
                yield day, moment_of(str(self.data.get(f"on-{day}", "")))

    def refuse(self, refusal: Refusal) -> None:
        self.refusal = refusal
        name = {"first_day": "day", "starts_at": "starts"}.get(refusal.field or "", refusal.field)
        self.add_error(name if name in self.fields else None, str(refusal.message))


class FollowingForm(PlaceForm):
    """Another time, provider or type for this visit, or for this and the following ones."""

    scope = forms.ChoiceField(
        label=_("Change"),
        choices=[(FOLLOWING, _("this one and the following")), (THIS, _("this one only"))],
        widget=forms.RadioSelect,
        initial=FOLLOWING,
    )
    appointment_type = forms.ModelChoiceField(AppointmentType.objects.none(), label=_("For"), empty_label=None)

    means_the_first = True
    field_order = ["scope", "provider", "appointment_type", "day", "starts"]

    def __init__(self, *args: Any, appointment: Appointment, **kwargs: Any) -> None:
        local = appointment.starts_at.astimezone(profile.current().zone)
        self.was = {
            "provider": appointment.provider_id,
            "appointment_type": appointment.appointment_type_id,
            "day": local.date(),
            "starts": local.time(),
        }
        super().__init__(*args, initial={"scope": FOLLOWING, **self.was}, **kwargs)
        self.fields.pop("override_reason", None)
        self.may_override = False
        types = self.fields["appointment_type"]
        assert isinstance(types, forms.ModelChoiceField)
        types.queryset = AppointmentType.objects.filter(pk=appointment.appointment_type_id) | (
            AppointmentType.objects.active()
        )

    def change(self) -> dict[str, Any]:
        """What is to be different; what was left alone each visit keeps."""
        cleaned, zone = self.cleaned_data, profile.current().zone
        local = cleaned["starts_at"].astimezone(zone)
        wall = local.time().replace(second=0, microsecond=0)
        return {
            "provider": cleaned["provider"] if cleaned["provider"].pk != self.was["provider"] else None,
            "appointment_type": cleaned["appointment_type"]
            if cleaned["appointment_type"].pk != self.was["appointment_type"]
            else None,
            "day": local.date() if local.date() != self.was["day"] else None,
            "starts": wall if wall != self.was["starts"] else None,
            "patient_sees_both": cleaned["patient_sees_both"],
            "only_this": cleaned["scope"] == THIS,
        }

    def refuse(self, refusal: Refusal) -> None:
        self.refusal = refusal
        name = {"starts_at": "starts", "ends_at": "starts"}.get(refusal.field or "", refusal.field)
        self.add_error(name if name in self.fields else None, str(refusal.message))
