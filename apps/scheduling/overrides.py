"""FR-S01: who may not book over another appointment asks a clinic admin, who books it by one click or says no."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.refusals import Conflict, NotPermitted, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use
from apps.scheduling.booking import book, refuse_out_of_use
from apps.scheduling.earlier import refuse_false_links
from apps.scheduling.fitting import OVERRIDE, DoesNotFit, OverrideNotPermitted, Wish, refuse_bad_time
from apps.scheduling.locking import lock_providers
from apps.scheduling.models import Appointment, AppointmentType, Channel, OverrideRequest, Resource
from apps.scheduling.offered import place_for
from apps.scheduling.taking import claim

MOST = 500


class WhyMissing(Refusal):
    code = "why_missing"
    field = "why"
    message = gettext_lazy("Say why it cannot wait, in at most 500 letters.")


class NothingInTheWay(Conflict):
    code = "nothing_in_the_way"
    message = gettext_lazy("Nothing is in the way at that time: book it.")


class AlreadyAnswered(Conflict):
    code = "already_answered"


class TimeHasPassed(Conflict):
    code = "time_has_passed"
    message = gettext_lazy("The time that was asked for has passed.")


class NotYours(NotPermitted):
    code = "not_yours"
    message = gettext_lazy("Only who asked can withdraw this.")


@transaction.atomic
def ask(
    *,
    patient: Patient,
    provider: Provider,
    appointment_type: AppointmentType,
    starts_at: datetime,
    why: str,
    by: User,
    at: datetime,
    ends_at: datetime | None = None,
    visit_reason: str = "",
    channel: str = Channel.DESK,
    resources: Iterable[Resource] | None = None,
    follow_up_for: Appointment | None = None,
    reschedule_of: Appointment | None = None,
) -> OverrideRequest:
    """Ask a clinic admin to book this patient over what is in the way. Asked twice, it is one request.

    `resources`, `follow_up_for`, `reschedule_of`: as `booking.book` has them. Raises BadTime, NotBookable, WhyMissing,
    NothingInTheWay, ResourceOutOfUse, AnotherPatient, NotEarlier, NothingToReplace.
    """
    why, visit_reason = why.strip(), visit_reason.strip()
    if not why or len(why) > MOST:
        raise WhyMissing
    if len(visit_reason) > MOST:
        raise Refusal(_("This is too long."), code="too_long", field="visit_reason")
    ends_at = ends_at or starts_at + appointment_type.duration
    refuse_bad_time(starts_at, ends_at, at=at)
    if ends_at <= at:
        raise TimeHasPassed
    wish = Wish(patient, provider, starts_at, ends_at, appointment_type.buffer_before, appointment_type.buffer_after)
    wish.provider = lock_providers([provider.pk])[provider.pk]
    wish.claim = claim(appointment_type, named=resources)
    refuse_false_links(patient, starts_at, follow_up_for=follow_up_for, reschedule_of=reschedule_of)
    refuse_out_of_use(wish, appointment_type)
    asked = OverrideRequest.objects.filter(
        patient=patient, provider=provider, starts_at=starts_at, state=OverrideRequest.State.OPEN
    ).first()
    if asked is not None:
        return asked
    try:
        place_for(wish, by=by, at=at, override_reason="", patient_sees_both=True)
    except DoesNotFit:
        return OverrideRequest.objects.create(
            patient=patient,
            provider=wish.provider,
            appointment_type=appointment_type,
            starts_at=starts_at,
            ends_at=ends_at,
            channel=channel,
            resources=[one.pk for one in wish.claim.named],
            follow_up_for=follow_up_for,
            reschedule_of=reschedule_of,
            why=why,
            visit_reason=visit_reason,
            requested_by=by,
            requested_at=at,
        )
    raise NothingInTheWay


@transaction.atomic
def approve(request: OverrideRequest, *, by: User, at: datetime) -> OverrideRequest:
    """Book what was asked for, over what is in the way; the reason of who asked is kept with the appointment.

    Raises OverrideNotPermitted, AlreadyAnswered, TimeHasPassed, and as `booking.book`.
    """
    if not by.has_perm(OVERRIDE):
        raise OverrideNotPermitted
    fresh = _locked_open(request, at=at)
    fresh.appointment = book(
        patient=in_use(fresh.patient),
        provider=fresh.provider,
        appointment_type=fresh.appointment_type,
        starts_at=fresh.starts_at,
        ends_at=fresh.ends_at,
        reason=fresh.visit_reason,
        channel=fresh.channel,
        override_reason=fresh.why,
        patient_sees_both=True,
        resources=list(Resource.objects.filter(pk__in=fresh.resources)) or None,
        follow_up_for=fresh.follow_up_for,
        reschedule_of=fresh.reschedule_of,
        by=by,
        at=at,
    )
    return _answered(fresh, OverrideRequest.State.APPROVED, by=by, at=at)


@transaction.atomic
def decline(request: OverrideRequest, *, by: User, at: datetime, answer: str) -> OverrideRequest:
    """Say no, with a word to who asked. Raises OverrideNotPermitted, WhyMissing, AlreadyAnswered, TimeHasPassed."""
    if not by.has_perm(OVERRIDE):
        raise OverrideNotPermitted
    answer = answer.strip()
    if not answer or len(answer) > MOST:
        raise WhyMissing(_("Say why not, in at most 500 letters."), field="answer")
    fresh = _locked_open(request, at=at)
    return _answered(fresh, OverrideRequest.State.DECLINED, by=by, at=at, answer=answer)


@transaction.atomic
def withdraw(request: OverrideRequest, *, by: User, at: datetime) -> OverrideRequest:
    """It is not needed any more. Raises NotYours, AlreadyAnswered."""
    if request.requested_by_id != by.pk:
        raise NotYours
    return _answered(_locked_open(request, at=None), OverrideRequest.State.WITHDRAWN, by=by, at=at)


def _locked_open(request: OverrideRequest, *, at: datetime | None) -> OverrideRequest:
    rows = OverrideRequest.objects.select_for_update(no_key=True, of=("self",)).with_people()
    fresh = rows.get(pk=request.pk)
    if fresh.state != OverrideRequest.State.OPEN:
        who = {"state": fresh.get_state_display().lower(), "who": fresh.answered_by}
        raise AlreadyAnswered(_("This has been %(state)s already, by %(who)s.") % who)
    if at is not None and fresh.has_expired(at):
        raise TimeHasPassed
    return fresh


def _answered(
    fresh: OverrideRequest, state: OverrideRequest.State, *, by: User, at: datetime, answer: str = ""
) -> OverrideRequest:
    fresh.state, fresh.answered_by, fresh.answered_at, fresh.answer = state, by, at, answer
    fresh.save(update_fields=["state", "answered_by", "answered_at", "answer", "appointment"])
    return fresh
