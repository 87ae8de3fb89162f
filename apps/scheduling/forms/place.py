"""With whom and when: what booking, moving and repeating an appointment ask alike."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time, comes_twice, refuse_odd_year
from apps.core.forms import ClockInput, DayInput
from apps.core.refusals import Refusal
from apps.scheduling.fitting import OVERRIDE, BadDay, DoesNotFit, PatientElsewhere

# Where a rule's words belong on the form.
FIELDS = {"starts_at": "starts", "ends_at": "minutes"}
WHICH_PATIENT = {
    "required": gettext_lazy("Find and choose a patient."),
    "invalid_choice": gettext_lazy(
        "This record is deactivated or merged into another: choose a patient who is active."
    ),
}


class PlaceForm(forms.Form):
    """With whom and when. A button named `at` (a free time, a place on the sheet) outdoes day and time."""

    provider = forms.ModelChoiceField(Provider.objects.none(), label=gettext_lazy("Provider"))
    day = forms.DateField(label=gettext_lazy("Day"), widget=DayInput)
    starts = forms.TimeField(label=gettext_lazy("Time"), widget=ClockInput)
    fold = forms.TypedChoiceField(
        label=gettext_lazy("Clocks go back: this time comes twice"),
        choices=(("0", gettext_lazy("The first")), ("1", gettext_lazy("The second"))),
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    override_reason = forms.CharField(
        label=gettext_lazy("Reason for booking it all the same"),
        help_text=gettext_lazy("Kept with the appointment and in the audit trail."),
        max_length=500,
        required=False,
    )
    patient_sees_both = forms.BooleanField(
        label=gettext_lazy("The patient knowingly sees both at that time"), required=False
    )

    means_the_first = False  # of a time that comes twice, as in a rule that repeats: then nobody is asked which

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusal: Refusal | None = None
        providers = self.fields["provider"]
        assert isinstance(providers, forms.ModelChoiceField)
        providers.queryset = Provider.objects.filter(is_active=True)
        self.may_override = by.has_perm(OVERRIDE)
        if not self.may_override:
            del self.fields["override_reason"]
        if self.chosen_moment:
            self.fields["day"].required = self.fields["starts"].required = False
        self.asks_which = False
        day, starts = self.initial.get("day"), self.initial.get("starts")
        if isinstance(day, date) and isinstance(starts, time):
            self._ask_which(datetime.combine(day, starts, tzinfo=profile.current().zone))

    @property
    def chosen_moment(self) -> datetime | None:
        """The moment of a pressed `at` button, if it is one."""
        return moment_of(str(self.data.get("at", ""))) if self.is_bound else None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        zone = profile.current().zone
        chosen = self.chosen_moment
        if chosen:
            local = chosen.astimezone(zone)
            cleaned["starts_at"] = chosen
            # So that a refusal comes back with the chosen time in the fields.
            typed = {name: self.data[name] for name in self.data}
            self.data = {**typed, "day": f"{local:%Y-%m-%d}", "starts": f"{local:%H:%M}", "fold": str(local.fold)}
            self._ask_which(local)
        elif cleaned.get("day") and cleaned.get("starts"):
            self._find_moment(cleaned, zone)
        self.fields["day"].required = self.fields["starts"].required = True  # so they are shown again
        return cleaned

    def _ask_which(self, local: datetime) -> None:
        """Which of the two, where the clock shows this time twice on its day."""
        which = self.fields["fold"]
        assert isinstance(which, forms.ChoiceField)
        self.asks_which = comes_twice(local) and not self.means_the_first
        first, second = (local.replace(fold=n).tzname() for n in (0, 1))
        which.choices = [
            ("0", gettext("The first, %(zone)s") % {"zone": first}),
            ("1", gettext("The second, %(zone)s") % {"zone": second}),
        ]

    def _find_moment(self, cleaned: dict[str, Any], zone: ZoneInfo) -> None:
        """From day and time; where clocks go back, somebody has to say which of the two is meant."""
        try:
            refuse_odd_year(cleaned["day"], field="day")
        except Refusal as refusal:
            self.add_error("day", str(refusal.message))
            return
        local = datetime.combine(cleaned["day"], cleaned["starts"], tzinfo=zone)
        self._ask_which(local)
        if self.asks_which and cleaned.get("fold") is None:
            self.add_error("fold", gettext("Say which of the two is meant."))
            return
        try:
            cleaned["starts_at"] = at_wall_time(cleaned["day"], cleaned["starts"], zone, fold=cleaned.get("fold") or 0)
        except Refusal as refusal:
            self.add_error("starts", str(refusal.message))

    def refuse(self, refusal: Refusal) -> None:
        """Put a rule's words beside the field that they are about."""
        self.refusal = refusal
        name = "day" if isinstance(refusal, BadDay) else FIELDS.get(refusal.field or "", refusal.field)
        name = "starts" if name == "minutes" and name not in self.fields else name
        self.add_error(name if name in self.fields else None, str(refusal.message))

    @property
    def free_times(self) -> list[Any]:
        """What a clash offers instead."""
        return self.refusal.free_times if isinstance(self.refusal, DoesNotFit) else []

    @property
    def patient_is_elsewhere(self) -> bool:
        return isinstance(self.refusal, PatientElsewhere) or bool(self.data.get("patient_sees_both"))

    @property
    def wants_override(self) -> bool:
        """Whether to open the override: something is in the way, and this person may book over it."""
        return self.may_override and (isinstance(self.refusal, DoesNotFit) or bool(self.data.get("override_reason")))

    def place(self) -> dict[str, Any]:
        """The words that `booking.book` and `booking.reschedule` share."""
        cleaned = self.cleaned_data
        return {
            "provider": cleaned["provider"],
            "starts_at": cleaned["starts_at"],
            "override_reason": cleaned.get("override_reason", ""),
            "patient_sees_both": cleaned["patient_sees_both"],
        }


def moment_of(text: str) -> datetime | None:
    """A moment written as ISO 8601 with its offset; nothing if it is not one."""
    try:
        moment = parse_datetime(text)
        if moment is None or moment.tzinfo is None:
            return None
        refuse_odd_year(moment, field="at")
    except (ValueError, Refusal):
        return None
    return moment.astimezone(UTC)
