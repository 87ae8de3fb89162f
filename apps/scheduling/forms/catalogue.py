"""Forms of the set-up pages. They read what was typed; whether it makes sense is for the rules to say."""

from datetime import date, datetime, time
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.clinic import profile
from apps.clinic.models import Colour, Room, Site
from apps.core.clock import NoSuchTime, at_wall_time, local_day
from apps.core.forms import ClockInput, DayInput
from apps.scheduling.calendars.hours import BadHours, Session
from apps.scheduling.calendars.hours_text import places_by_name, read_hours
from apps.scheduling.models.appointment_type import ChargedWhen, FeeKind
from apps.scheduling.models.hours import Weekday

# What an empty place means.
USUAL = {
    "facility_rate": "0",
    "facility_tax_rate": "0",
    "charged_when": ChargedWhen.COMPLETION,
    "follow_up_percent": "100",
    "cancel_fee_kind": FeeKind.NONE,
    "cancel_fee_value": "0",
    "cancel_free_hours": 24,
    "no_show_fee_kind": FeeKind.NONE,
    "no_show_fee_value": "0",
}
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


class WeekForm(forms.Form):
    """Weekly hours, a line of text for each day."""

    effective_from = forms.DateField(label=_("From day"), widget=DayInput)
    effective_until = forms.DateField(
        label=_("To day"),
        widget=DayInput,
        required=False,
        help_text=_("Only for some weeks: afterwards the former hours come back."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in Weekday:
            self.fields[f"day_{day.value}"] = forms.CharField(
                label=day.label,
                required=False,
                max_length=300,
                widget=forms.TextInput(
                    {"placeholder": gettext("closed"), "autocomplete": "off", "spellcheck": "false"}
                ),
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        sessions: list[Session] = []
        places = places_by_name() if any("@" in str(text) for text in cleaned.values()) else {}
        for day in Weekday:
            try:
                sessions += read_hours(cleaned.get(f"day_{day.value}", ""), day.value, places)
            except BadHours as refusal:
                self.add_error(f"day_{day.value}", str(refusal))
        for name in ("effective_from", "effective_until"):
            if cleaned.get(name) and not EARLIEST <= cleaned[name] <= LATEST:
                self.add_error(name, gettext("Look at the year again."))
        cleaned["sessions"] = sessions
        return cleaned


class SpanForm(forms.Form):
    """From a day and perhaps a time, until a day and perhaps a time, on the clinic's clock."""

    first_day = forms.DateField(label=_("From day"), widget=DayInput)
    from_time = forms.TimeField(label=_("From time"), widget=ClockInput, required=False, help_text=_("Empty: all day."))
    last_day = forms.DateField(
        label=_("To day"), widget=DayInput, required=False, help_text=_("The last day, included. Empty: the same day.")
    )
    until_time = forms.TimeField(label=_("Until time"), widget=ClockInput, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        first: date = cleaned["first_day"]
        last: date = cleaned["last_day"] or first
        if not EARLIEST <= first <= LATEST or not EARLIEST <= last <= LATEST:
            raise ValidationError(gettext("Look at the year again."))
        zone = profile.current().zone
        try:
            starts_at = _at(first, cleaned["from_time"]) or local_day(first, zone)[0]
            ends_at = _at(last, cleaned["until_time"]) or local_day(last, zone)[1]
        except NoSuchTime as refusal:
            raise ValidationError(str(refusal)) from None
        if ends_at <= starts_at:
            self.add_error("last_day" if last < first else "until_time", gettext("The end lies before the beginning."))
        return {**cleaned, "starts_at": starts_at, "ends_at": ends_at}


class LeaveForm(SpanForm):
    """Leave of a provider, or a time in which the clinic is closed."""

    keep_appointments = forms.BooleanField(
        label=_("Keep the appointments that are booked then; I move them by hand"), required=False
    )


class OpeningForm(SpanForm):
    """An extra session."""

    from_time = forms.TimeField(label=_("From time"), widget=ClockInput)
    until_time = forms.TimeField(label=_("Until time"), widget=ClockInput)
    capacity = forms.IntegerField(label=_("Patients at a time"), min_value=1, max_value=50, initial=1)

    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), required=False, empty_label="–")
    room = forms.ModelChoiceField(label=_("Room"), queryset=Room.objects.none(), required=False, empty_label="–")

    field_order = ("first_day", "from_time", "until_time", "last_day", "capacity", "site", "room", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, places in (
            ("site", Site.objects.filter(is_active=True)),
            ("room", Room.objects.filter(is_active=True)),
        ):
            cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = places


class TypeForm(forms.Form):
    """A kind of appointment."""

    name = forms.CharField(label=_("Name"), max_length=80)
    duration_minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=1440, initial=30)
    rate = forms.CharField(label=_("Fee"), max_length=40, widget=forms.TextInput({"inputmode": "decimal"}))
    tax_name = forms.CharField(
        label=_("Tax"), max_length=40, required=False, help_text=_("As it stands on invoices: GST, VAT …")
    )
    tax_rate = forms.CharField(
        label=_("Tax rate in %"), max_length=20, required=False, widget=forms.TextInput({"inputmode": "decimal"})
    )
    facility_rate = forms.CharField(
        label=_("Facility fee"),
        max_length=40,
        required=False,
        help_text=_("A line of its own on the invoice. Empty: none."),
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    facility_tax_name = forms.CharField(label=_("Tax on the facility fee"), max_length=40, required=False)
    facility_tax_rate = forms.CharField(
        label=_("Its rate in %"), max_length=20, required=False, widget=forms.TextInput({"inputmode": "decimal"})
    )
    charged_when = forms.ChoiceField(
        label=_("The draft invoice is made"),
        choices=ChargedWhen.choices,
        required=False,
        help_text=_("At check-in, patients can pay the invoice before they are seen."),
    )
    follow_up_days = forms.IntegerField(
        label=_("Return within so many days"),
        min_value=0,
        max_value=366,
        required=False,
        help_text=_("Of a charged visit with the same provider. 0: a return costs the same."),
    )
    follow_up_percent = forms.CharField(
        label=_("Let off then, in %"), max_length=20, required=False, help_text=_("100: free.")
    )
    cancel_fee_kind = forms.ChoiceField(label=_("A late cancellation costs"), choices=FeeKind.choices, required=False)
    cancel_fee_value = forms.CharField(
        label=_("Amount, or %"), max_length=40, required=False, widget=forms.TextInput({"inputmode": "decimal"})
    )
    cancel_free_hours = forms.IntegerField(
        label=_("Free until so many hours before"), min_value=0, max_value=8784, required=False
    )
    no_show_fee_kind = forms.ChoiceField(label=_("Not coming costs"), choices=FeeKind.choices, required=False)
    no_show_fee_value = forms.CharField(
        label=_("Amount, or %"), max_length=40, required=False, widget=forms.TextInput({"inputmode": "decimal"})
    )
    buffer_before = forms.IntegerField(
        label=_("Minutes to prepare"), min_value=0, max_value=240, initial=0, required=False
    )
    buffer_after = forms.IntegerField(
        label=_("Minutes to tidy up"), min_value=0, max_value=240, initial=0, required=False
    )
    colour = forms.ChoiceField(label=_("Colour"), choices=Colour.choices, initial=Colour.AZURE)
    position = forms.IntegerField(
        label=_("Position"), min_value=0, max_value=32767, initial=100, help_text=_("Small numbers stand first.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("buffer_before", "buffer_after", "follow_up_days"):
            cleaned[name] = cleaned.get(name) or 0
        for name, usual in USUAL.items():
            if cleaned.get(name) in (None, ""):
                cleaned[name] = usual
        return cleaned


class FeeForm(forms.Form):
    """Only the fee, in the list itself."""

    rate = forms.CharField(max_length=40)


def _at(day: date, wall: time | None) -> datetime | None:
    return at_wall_time(day, wall, profile.current().zone) if wall is not None else None
