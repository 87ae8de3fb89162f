"""Whether an appointment fits into a provider's time, and what is in the way where it does not (FR-S01).

Ask only while holding the provider's lock: then the answer stays true until the transaction ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day
from apps.core.pages import NOBODY
from apps.core.prepared import prepared
from apps.core.refusals import Conflict, NotPermitted, Refusal
from apps.patients.models import Patient
from apps.scheduling.calendars.open_times import OpenDays, capacity_over, days_between, leave_between
from apps.scheduling.models import Appointment, AppointmentType, Hold, WaitlistOffer
from apps.scheduling.models.appointment_type import Measure
from apps.scheduling.slots import FIRST_LOOK, Slot, most_at_once, next_free
from apps.scheduling.taking import Claim, settle

LONGEST = timedelta(days=366)
FARTHEST = timedelta(days=3 * 366)
OVERRIDE = "scheduling.override_double_booking"
SEE_PATIENTS = "patients.view_patient"


class BadTime(Refusal):
    code = "invalid_time"
    field = "starts_at"


class BadDay(BadTime):
    """It is the day of `starts_at` that cannot be meant."""


class DoesNotFit(Conflict):
    """The time cannot be had. `in_the_way` are the appointments there; `free_times` the next three that can be had.

    `message` may name patients, for those who may see them; `str()`, which logs, traces and programs get, does not.
    """

    code = "does_not_fit"
    field = "starts_at"

    def __init__(self, message: str, *, without_names: str = "", in_the_way: Sequence[Appointment] = ()) -> None:
        self.in_the_way = list(in_the_way)
        self.free_times: list[Slot] = []
        self.without_names = without_names or message
        super().__init__(message, details={"in_the_way": [_described(one) for one in self.in_the_way]})
        self.args = (self.without_names,)

    def __str__(self) -> str:
        return self.without_names

    def offer(self, free_times: Sequence[Slot]) -> None:
        self.free_times = list(free_times)
        self.details["free_times"] = [
            {
                "provider": str(slot.provider.pk),
                "starts_at": slot.starts_at.isoformat(),
                "ends_at": slot.ends_at.isoformat(),
            }
            for slot in free_times
        ]


class ProviderIsBusy(DoesNotFit):
    code = "provider_is_busy"


class BeingBooked(ProviderIsBusy):
    """Somebody else has the booking form of that place open."""

    code = "being_booked"


class OutsideHours(DoesNotFit):
    code = "outside_hours"


class OnLeaveThen(OutsideHours):
    code = "provider_on_leave"


class TimeIsBlocked(OutsideHours):
    code = "time_blocked"


class ResourceIsTaken(DoesNotFit):
    code = "resource_taken"
    field = "resources"


class PatientElsewhere(DoesNotFit):
    code = "patient_elsewhere"


class OverrideNotPermitted(NotPermitted):
    code = "override_not_permitted"
    field = "override_reason"
    message = gettext_lazy("Only a clinic admin may book over another appointment or outside hours.")


@dataclass(slots=True)
class Wish:
    """The place that is asked for."""

    patient: Patient | None  # nobody yet while a place is only held
    provider: Provider
    starts_at: datetime
    ends_at: datetime
    buffer_before: int
    buffer_after: int
    ignoring: Any = None  # the id of the appointment that is being moved
    open_days: OpenDays | None = None  # once they are read: the wished day's hours and those of the next days
    claim: Claim = field(default_factory=lambda: Claim([], [], []))

    @property
    def busy_from(self) -> datetime:
        return self.starts_at - timedelta(minutes=self.buffer_before)

    @property
    def busy_until(self) -> datetime:
        return self.ends_at + timedelta(minutes=self.buffer_after)

    @property
    def measure(self) -> Measure:
        return Measure(self.ends_at - self.starts_at, self.starts_at - self.busy_from, self.busy_until - self.ends_at)


@dataclass(slots=True)
class Place:
    """Where an appointment goes. `overridden`: something was in the way and a clinic admin said so; `stays`: only its
    rooms and equipment change."""

    lane: int
    capacity: int
    is_override: bool = False
    overridden: bool = False
    stays: bool = False
    uses: dict[UUID, bool] = field(default_factory=dict)  # rooms and equipment, and which of them over somebody else


def place_for(wish: Wish, *, by: User, at: datetime, override_reason: str, patient_sees_both: bool) -> Place:
    """The place that a wish gets. Without anything in the way the reason for an override is not needed, nor kept.

    What others hold is in the way too; what `by` holds is not.

    Raises OnLeaveThen, TimeIsBlocked, OutsideHours, ProviderIsBusy, BeingBooked, ResourceIsTaken, PatientElsewhere;
    OverrideNotPermitted where a reason was given by somebody who may not override.
    """
    capacity = capacity_during(wish)
    taken = _taken_by(wish)
    refusals: list[DoesNotFit] = []
    if not capacity:
        refusals.append(_closed(wish))
    held = _held(wish, by=by, at=at)
    in_hand = [one for one in held if one.provider_id == wish.provider.pk]
    spans = [(one.busy_from, one.busy_until) for one in taken]
    spans += [(one.busy_from, one.busy_until) for one in in_hand]
    is_double = most_at_once(spans, wish.busy_from, wish.busy_until) >= max(capacity, 1)
    if is_double:
        without_holds = most_at_once(spans[: len(taken)], wish.busy_from, wish.busy_until)
        is_busy = without_holds >= max(capacity, 1)
        refusals.insert(0, _busy(wish, taken, by) if is_busy else _being_booked(wish.provider, in_hand))
    if refusals and not override_reason:
        raise refusals[0]  # the rest need not be looked up: others wait for the provider's lock
    got = settle(
        wish.claim, wish.busy_from, wish.busy_until, spoken_for=_kept_rooms(wish, held, at), ignoring=wish.ignoring
    )
    refusals += [ResourceIsTaken(words, in_the_way=there) for words, there in got.refusals]
    elsewhere = [] if patient_sees_both or wish.patient is None else _patient_elsewhere(wish, wish.patient)
    if elsewhere:
        refusals.append(PatientElsewhere(_says_elsewhere(elsewhere), in_the_way=elsewhere))
    if refusals and not override_reason:
        raise refusals[0]
    if refusals and not by.has_perm(OVERRIDE):
        raise OverrideNotPermitted
    lanes = {one.lane for one in taken}
    lane = max(capacity, 1) if is_double else 0
    while lane in lanes:
        lane += 1
    return Place(lane, max(capacity, 1), is_double, bool(refusals), uses=got.uses)


def rooms_spoken_for(wish: Wish, *, by: User, at: datetime) -> dict[UUID, str]:
    """Rooms and equipment that others have in hand then, or that are offered with a time; and the words for it."""
    return _kept_rooms(wish, _held(wish, by=by, at=at), at)


def refuse_bad_time(starts_at: datetime, ends_at: datetime, *, at: datetime, now_or_later: bool = True) -> None:
    """Refuse what can only be a slip: an end before the beginning, a past day, a day in many years. Raises BadTime.

    Walk-ins are often entered after they began: the desk may go back to the start of the day.
    """
    if starts_at.tzinfo is None or ends_at.tzinfo is None:
        raise ValueError("Appointments are moments: give their times a zone.")
    if ends_at <= starts_at:
        raise BadTime(_("The end lies before the beginning."), field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise BadTime(_("No appointment lasts longer than a year."), field="ends_at")
    zone = profile.current().zone
    if now_or_later and starts_at < local_day(day_of(at, zone), zone)[0]:
        raise BadDay(_("This day has passed."))
    if starts_at > at + FARTHEST:
        raise BadDay(_("This is more than three years ahead: look at the year again."))


def free_times_after(wish: Wish, appointment_type: AppointmentType, *, by: User, at: datetime) -> list[Slot]:
    """What to offer instead: the provider's next three free times from the wish on that take as long, with the rooms
    that it asks for."""
    return next_free(
        wish.provider,
        appointment_type,
        after=max(wish.starts_at, at),
        named=wish.claim.named,
        kinds=[kind for kind, is_required in wish.claim.kinds if is_required],
        measure=wish.measure,
        by=by,
        open_days=wish.open_days,
    )


def capacity_during(wish: Wish) -> int:
    """How many patients at a time the provider takes throughout a wish; 0 where any of it is closed.

    Reads as many days as are offered instead where it is refused: they need not be read again then.
    """
    zone = profile.current().zone
    first_day, last_day = day_of(wish.starts_at, zone), day_of(wish.ends_at, zone)
    if wish.open_days is None:
        until = max(last_day, first_day + FIRST_LOOK)
        wish.open_days = OpenDays([wish.provider], first_day=first_day, last_day=until, zone=zone)
    open_times = list(wish.open_days.of(wish.provider.pk, days_between(first_day, last_day)))
    return capacity_over(open_times, wish.starts_at, wish.ends_at)


class _Taken(NamedTuple):
    """What the provider does in that span: as little of it as a free time has to know."""

    id: UUID
    busy_from: datetime
    busy_until: datetime
    lane: int


def _taken_by(wish: Wish) -> list[_Taken]:
    """All active rows there, whatever their lane: nobody slips in beside an override."""
    asked = {"provider": wish.provider.pk, "start": wish.busy_from, "end": wish.busy_until}
    return [_Taken._make(row) for row in _rows_there(**asked, ignoring=wish.ignoring or NOBODY)]


@prepared
def _rows_there(*, provider: Any, start: Any, end: Any, ignoring: Any) -> QuerySet[Any, Any]:
    rows = Appointment.objects.of_provider(provider).busy_between(start, end).exclude(pk=ignoring)
    return rows.order_by("starts_at", "lane").values_list(*_Taken._fields)


def _held(wish: Wish, *, by: User, at: datetime) -> list[Hold]:
    return _in_hand(by=by.pk, at=at, start=wish.busy_from, end=wish.busy_until)


@prepared
def _in_hand(*, by: Any, at: Any, start: Any, end: Any) -> QuerySet[Hold]:
    return Hold.objects.standing(at).of_others(by).busy_between(start, end).select_related("by")


def _kept_rooms(wish: Wish, held: Sequence[Hold], at: datetime) -> dict[UUID, str]:
    if not wish.claim:
        return {}
    offers = WaitlistOffer.objects.standing(at).over(wish.busy_from, wish.busy_until)
    kept = {pk: _("offered to somebody on the waitlist") for one in offers for pk in one.resources}
    return kept | {pk: _("being booked by %(who)s") % {"who": one.by} for one in held for pk in one.resources}


def _patient_elsewhere(wish: Wish, patient: Patient) -> list[Appointment]:
    rows = Appointment.objects.of_patient(patient).active().between(wish.starts_at, wish.ends_at)
    return list(rows.exclude(pk=wish.ignoring).exclude(provider=wish.provider).with_people().order_by("starts_at"))


def _closed(wish: Wish) -> OutsideHours:
    leave = leave_between([wish.provider], wish.starts_at, wish.ends_at)
    if leave and leave[0].kind == "block":
        what = {"provider": wish.provider, "reason": leave[0].reason}
        return TimeIsBlocked(_("The time of %(provider)s is blocked: %(reason)s.") % what)
    if leave:
        whole = _("The clinic is closed then.")
        return OnLeaveThen(
            whole if leave[0].provider_id is None else _("%(provider)s is on leave then.") % {"provider": wish.provider}
        )
    return OutsideHours(_("%(provider)s does not see patients at that time.") % {"provider": wish.provider})


def _busy(wish: Wish, taken: Sequence[_Taken], by: User) -> ProviderIsBusy:
    there = _with_people(ids=[one.id for one in taken])
    without = _says_busy(wish.provider, there, named=False)
    return ProviderIsBusy(
        _says_busy(wish.provider, there, named=True) if by.has_perm(SEE_PATIENTS) else without,
        without_names=without,
        in_the_way=there,
    )


@prepared
def _with_people(*, ids: Any) -> QuerySet[Appointment]:
    return Appointment.objects.filter(pk__among=ids).with_people().order_by("starts_at", "lane")


def _being_booked(provider: Provider, in_hand: Sequence[Hold]) -> BeingBooked:
    zone = profile.current().zone
    parts = [
        f"{one.starts_at.astimezone(zone):%H:%M}–{one.ends_at.astimezone(zone):%H:%M} {one.by}" for one in in_hand[:3]
    ]
    words = _("That time of %(provider)s is being booked: %(what)s.")
    return BeingBooked(words % {"provider": provider, "what": "; ".join(parts)})


def _says_busy(provider: Provider, taken: Sequence[Appointment], *, named: bool) -> str:
    parts = []
    for one in taken[:3]:
        who = f"{one.patient.full_name}, " if named else ""
        parts.append(f"{_span(one)} {who}{one.appointment_type} ({one.number})")
    if len(taken) > 3:
        parts.append(_("and %(count)s more") % {"count": len(taken) - 3})
    return _("%(provider)s is taken: %(what)s.") % {"provider": provider, "what": "; ".join(parts)}


def _says_elsewhere(elsewhere: Sequence[Appointment]) -> str:
    where = "; ".join(f"{one.provider}, {_span(one)}" for one in elsewhere[:3])
    return _("This patient is with somebody else at that time: %(what)s.") % {"what": where}


def _span(appointment: Appointment) -> str:
    zone = profile.current().zone
    start, end = appointment.starts_at.astimezone(zone), appointment.ends_at.astimezone(zone)
    return f"{start:%H:%M}–{end:%H:%M}"


def _described(appointment: Appointment) -> dict[str, Any]:
    """For programs: no name, no words of the patient."""
    return {
        "id": str(appointment.pk),
        "number": appointment.number,
        "provider": str(appointment.provider_id),
        "appointment_type": appointment.appointment_type.name,
        "starts_at": appointment.starts_at.isoformat(),
        "ends_at": appointment.ends_at.isoformat(),
        "status": str(appointment.status),
        "is_override": appointment.is_override,
    }
