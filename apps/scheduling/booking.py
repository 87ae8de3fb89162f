"""Booking, moving and cancelling appointments (UC-01, FR-S01)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.inserting import insert
from apps.core.numbering import Next
from apps.core.prepared import prepared
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use
from apps.patients.registration import note_activity
from apps.scheduling.earlier import booked_by_same_form, refuse_false_links
from apps.scheduling.fitting import DoesNotFit, Place, Wish, free_times_after, refuse_bad_time
from apps.scheduling.locking import lock_providers, locked_for_moving, locked_with_provider
from apps.scheduling.missed import Answer, announce_cancelled
from apps.scheduling.models import Appointment, AppointmentSeries, AppointmentType, Channel, Hold, Resource, Status
from apps.scheduling.models.appointment import MOVABLE
from apps.scheduling.moves import Before, Seen, locked, record, refuse_if_moved
from apps.scheduling.offered import place_for
from apps.scheduling.staying import place_staying
from apps.scheduling.taking import Claim, claim, kept, let_go, rooms_in_words, take

SERIES = "APT"
PLACED = (
    "provider",
    "starts_at",
    "ends_at",
    "busy_from",
    "busy_until",
    "lane",
    "capacity",
    "is_override",
    "override_reason",
    "overridden_by",
)


class NotBookable(Conflict):
    """The patient, the provider or the type is out of use."""

    code = "not_bookable"


class NotMovable(Conflict):
    code = "not_movable"
    field = "starts_at"


class NotCancellable(Conflict):
    code = "not_cancellable"


class ReasonMissing(Refusal):
    code = "reason_missing"
    field = "reason"
    message = gettext_lazy("Say why.")


class TooLong(Refusal):
    code = "too_long"
    message = gettext_lazy("This is too long.")


def book(
    *,
    patient: Patient,
    provider: Provider,
    appointment_type: AppointmentType,
    starts_at: datetime,
    by: User,
    at: datetime,
    ends_at: datetime | None = None,
    reason: str = "",
    notes: str = "",
    override_reason: str = "",
    patient_sees_both: bool = False,
    requested: bool = False,
    channel: str = Channel.DESK,
    follow_up_for: Appointment | None = None,
    reschedule_of: Appointment | None = None,
    form_key: UUID | None = None,
    resources: Iterable[Resource] | None = None,
    series: AppointmentSeries | None = None,
) -> Appointment:
    """Book a patient into a provider's time; the end follows from the type unless given (UC-01).

    With `override_reason` a clinic admin books over what is in the way, or outside hours (FR-S01).
    `patient_sees_both`: the patient knowingly sees two providers at once. `requested`: only a wish, which holds no
    place until it is confirmed. `follow_up_for`: the earlier visit it comes back for; `reschedule_of`: the cancelled or
    missed one that it replaces. `form_key`: a form sent twice books once, and gets the same answer. `resources`:
    rooms and equipment by name; one of each kind that the type needs is taken besides.

    Raises BadTime, NotBookable, ProviderIsBusy, OutsideHours, OnLeaveThen, TimeIsBlocked, ResourceIsTaken,
    PatientElsewhere (these with `in_the_way` and `free_times`), OverrideNotPermitted, ResourceOutOfUse,
    AnotherPatient, NotEarlier, NothingToReplace.
    """
    ends_at = ends_at or starts_at + appointment_type.duration
    refuse_bad_time(starts_at, ends_at, at=at)
    wish = Wish(patient, provider, starts_at, ends_at, appointment_type.buffer_before, appointment_type.buffer_after)
    status = Status.REQUESTED if requested else Status.SCHEDULED
    links: dict[str, Any] = {"follow_up_for": follow_up_for, "reschedule_of": reschedule_of, "series": series}
    appointment = _written_down(wish, appointment_type, reason, notes, status=status, channel=channel, **links)
    appointment.booked_by, appointment.booked_at = by, at
    override_reason = _worded(override_reason, "override_reason")
    try:
        with transaction.atomic():
            wish.provider = lock_providers([provider.pk])[provider.pk]
            same, appointment.form_key = booked_by_same_form(
                form_key, patient, starts_at, provider_id=provider.pk, by=by
            )
            if same is not None:
                return same
            wish.claim = claim(appointment_type, named=resources)
            refuse_false_links(patient, starts_at, follow_up_for=follow_up_for, reschedule_of=reschedule_of)
            refuse_out_of_use(wish, appointment_type)
            if requested:
                place = Place(0, 1, uses={one.pk: False for one in wish.claim.named})
            else:
                place = place_for(
                    wish, by=by, at=at, override_reason=override_reason, patient_sees_both=patient_sees_both
                )
            put(appointment, wish, place, by=by, override_reason=override_reason)
            insert(appointment, number=Next(SERIES, day_of(at, profile.current().zone)))
            Appointment._meta.get_field("rescheduled_as").set_cached_value(appointment, None)  # known: it is new
            take(appointment, place.uses)
            record(appointment, before=None, by=by, at=at, reason=override_reason if place.overridden else "")
            note_activity(patient, at=at)
            if form_key is not None:
                Hold.objects.filter(by=by, form_key=form_key).delete()
    except DoesNotFit as refusal:  # looked up here, where the provider's lock is gone again
        refusal.offer(free_times_after(wish, appointment_type, by=by, at=at))
        raise
    return appointment


def confirm(
    appointment: Appointment, *, by: User, at: datetime, override_reason: str = "", patient_sees_both: bool = False
) -> Appointment:
    """Give a requested appointment its place. Raises as `book`, and NotMovable for one that is no request."""
    override_reason = _worded(override_reason, "override_reason")
    fresh = appointment
    try:
        with transaction.atomic():
            fresh, provider, claimed = locked_for_moving(appointment, None)
            if fresh.status != Status.REQUESTED:
                raise NotMovable(_("Only a requested appointment can be confirmed."))
            wish = wish_of(fresh, provider, fresh.starts_at, fresh.ends_at, claimed)
            refuse_bad_time(wish.starts_at, wish.ends_at, at=at)
            refuse_out_of_use(wish, fresh.appointment_type)
            place = place_for(wish, by=by, at=at, override_reason=override_reason, patient_sees_both=patient_sees_both)
            before = Before.of(fresh)
            put(fresh, wish, place, by=by, override_reason=override_reason)
            fresh.mark_scheduled()
            let_go(fresh, place.uses)
            fresh.save(update_fields=[*PLACED, "status"])
            take(fresh, place.uses)
            record(fresh, before=before, by=by, at=at, reason=override_reason if place.overridden else "")
    except DoesNotFit as refusal:
        refusal.offer(free_times_after(wish, fresh.appointment_type, by=by, at=at))
        raise
    return fresh


def reschedule(
    appointment: Appointment,
    *,
    starts_at: datetime,
    by: User,
    at: datetime,
    provider: Provider | None = None,
    ends_at: datetime | None = None,
    override_reason: str = "",
    patient_sees_both: bool = False,
    reason: str = "",
    seen: Seen | None = None,
    resources: Iterable[Resource] | None = None,
) -> Appointment:
    """Move an appointment to another time, provider or length; it stays as long as it was unless `ends_at` is given.

    It keeps its rooms and equipment, or takes others of their kind, unless `resources` names them; where nothing else
    changes, the reason of an earlier override stays.
    Leaves a row that says who moved it from where to where. Where it does not fit, nothing changes; moving it to where
    it is changes nothing either. `seen` is where whoever moves it saw it: another who was quicker is named.
    Raises as `book`, and NotMovable, MovedMeanwhile.
    """
    override_reason, reason = _worded(override_reason, "override_reason"), _worded(reason, "reason")
    fresh = appointment
    try:
        with transaction.atomic():
            fresh, to_provider, claimed = locked_for_moving(appointment, provider, named=resources)
            wish = wish_of(fresh, to_provider, starts_at, ends_at or starts_at + fresh.duration, claimed)
            before = Before.of(fresh)
            stays = before == Before(fresh.status, to_provider.pk, wish.starts_at, wish.ends_at)
            if stays and resources is None:
                return fresh
            refuse_if_moved(fresh, seen)
            _refuse_unmovable(fresh, wish, at=at)
            if fresh.status == Status.REQUESTED:
                named = kept(fresh) if resources is None else [one.pk for one in claimed.named]
                place = Place(0, 1, uses=dict.fromkeys(named, False))
            elif stays:
                place = place_staying(fresh, wish, by=by, at=at, override_reason=override_reason)
            else:
                place = place_for(
                    wish, by=by, at=at, override_reason=override_reason, patient_sees_both=patient_sees_both
                )
            put(fresh, wish, place, by=by, override_reason=override_reason)
            let_go(fresh, place.uses)
            fresh.save(update_fields=PLACED)
            take(fresh, place.uses)
            if stays:
                reason = reason or rooms_in_words(place.uses)
            record(fresh, before=before, by=by, at=at, reason=override_reason if place.overridden else reason)
    except DoesNotFit as refusal:
        refusal.offer(free_times_after(wish, fresh.appointment_type, by=by, at=at))
        raise
    return fresh


@transaction.atomic
def cancel(
    appointment: Appointment, *, by: User, at: datetime, reason: str, answer: Answer | None = None
) -> Appointment:
    """Cancel an appointment before its visit has started; its time is free again. Late, it may cost a fee, unless the
    `answer` says that the clinic called it off or lets the patient off.

    Raises ReasonMissing, NotCancellable, MayNotWaive.
    """
    reason = _worded(reason, "reason")
    if not reason:
        raise ReasonMissing(_("Say why the appointment is cancelled."))
    fresh = locked_with_provider(appointment)  # its time may go to somebody who waits
    if fresh.status not in MOVABLE:
        raise NotCancellable(_cannot_cancel(fresh))
    before = Before.of(fresh)
    fresh.mark_cancelled()
    fresh.save(update_fields=["status"])
    move = record(fresh, before=before, by=by, at=at, reason=reason)
    announce_cancelled(fresh, move, answer or Answer(), by=by, at=at, was=before.status)
    return fresh


@transaction.atomic
def amend(
    appointment: Appointment, *, by: User, at: datetime, reason: str | None = None, notes: str | None = None
) -> Appointment:
    """Change what is written about the visit: its reason, notes for the desk. Raises TooLong."""
    fresh = locked(appointment)
    if reason is not None:
        fresh.reason = _worded(reason, "reason")
    if notes is not None:
        fresh.notes = _worded(notes, "notes", most=2000)
    fresh.save(update_fields=["reason", "notes"])
    return fresh


def wish_of(
    appointment: Appointment, provider: Provider, starts_at: datetime, ends_at: datetime, claimed: Claim
) -> Wish:
    """The place that an appointment asks for, itself not being in its own way."""
    return Wish(
        appointment.patient,
        provider,
        starts_at,
        ends_at,
        appointment.buffer_before,
        appointment.buffer_after,
        ignoring=appointment.pk,
        claim=claimed,
    )


def refuse_out_of_use(wish: Wish, appointment_type: AppointmentType | None) -> None:
    """Locks the patient, so that two desks cannot book the same patient to two providers at one time. What is booked
    stays of its type, offered or not: then no type is given."""
    refuse_withdrawn(wish.provider, appointment_type)
    assert wish.patient is not None
    (patient,) = _locked_patient(pk=wish.patient.pk)
    if patient.merged_into_id is not None and wish.ignoring is None:
        into = in_use(patient).number
        raise NotBookable(
            _("%(number)s was merged into %(into)s: book for that one.") % {"number": patient.number, "into": into},
            field="patient",
        )
    if patient.merged_into_id is not None:
        patient = in_use(patient)  # what stands on a merged record can be moved as long as the person is seen here
    if not patient.is_active:
        raise NotBookable(_("This patient's record is deactivated: restore it first."), field="patient")
    if patient.is_blocked:
        raise NotBookable(_("This patient is blocked from booking: see the chart for why."), field="patient")


@prepared
def _locked_patient(*, pk: Any) -> QuerySet[Patient]:
    row = Patient.objects.select_for_update(no_key=True, of=("self",)).filter(pk=pk)
    return row.only("number", "is_active", "is_blocked", "merged_into_id")


def refuse_withdrawn(provider: Provider, appointment_type: AppointmentType | None) -> None:
    """Nobody is booked with who takes no appointments any more, nor for what is no longer offered."""
    if not provider.is_active:
        raise NotBookable(_("%(provider)s takes no appointments any more.") % {"provider": provider}, field="provider")
    if appointment_type is not None and not appointment_type.is_active:
        raise NotBookable(_("“%(type)s” is no longer offered.") % {"type": appointment_type}, field="appointment_type")


def _refuse_unmovable(appointment: Appointment, wish: Wish, *, at: datetime) -> None:
    if appointment.status not in MOVABLE:
        raise NotMovable(
            _("%(number)s is %(status)s and stays where it is.")
            % {"number": appointment.number, "status": appointment.get_status_display().lower()}
        )
    zone = profile.current().zone
    if appointment.status == Status.ARRIVED and day_of(wish.starts_at, zone) != day_of(appointment.starts_at, zone):
        raise NotMovable(_("The patient is here already: choose a time on the same day, or cancel."))
    refuse_bad_time(wish.starts_at, wish.ends_at, at=at)
    refuse_out_of_use(wish, None)


def put(appointment: Appointment, wish: Wish, place: Place, *, by: User, override_reason: str | None = None) -> None:
    """Give an appointment its place; who overrode and why is kept where something was in the way, and nowhere else."""
    appointment.provider = wish.provider
    appointment.starts_at, appointment.ends_at = wish.starts_at, wish.ends_at
    appointment.busy_from, appointment.busy_until = wish.busy_from, wish.busy_until
    appointment.lane, appointment.capacity, appointment.is_override = place.lane, place.capacity, place.is_override
    if place.overridden and override_reason is not None:
        appointment.override_reason, appointment.overridden_by = override_reason, by
    elif not (place.overridden or place.stays):
        appointment.override_reason, appointment.overridden_by = "", None


def _written_down(wish: Wish, appointment_type: AppointmentType, reason: str, notes: str, **more: Any) -> Appointment:
    """The appointment that is wished for, as yet without a place. Raises TooLong."""
    return Appointment(
        patient=wish.patient,
        appointment_type=appointment_type,
        buffer_before=wish.buffer_before,
        buffer_after=wish.buffer_after,
        reason=_worded(reason, "reason"),
        notes=_worded(notes, "notes", most=2000),
        **more,
    )


def _cannot_cancel(appointment: Appointment) -> str:
    words = {
        Status.IN_SESSION: _("The visit has started: complete it."),
        Status.COMPLETED: _("The visit is completed and cannot be cancelled."),
        Status.NO_SHOW: _("The patient did not come: there is nothing to cancel."),
        Status.CANCELLED: _("This appointment has been cancelled already."),
    }
    return words[Status(appointment.status)]


def _worded(text: str, name: str, *, most: int = 500) -> str:
    text = text.strip()
    if len(text) > most:
        raise TooLong(_("Say it in at most %(most)s letters.") % {"most": most}, field=name)
    return text
