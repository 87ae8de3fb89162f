"""Leave asked for by a provider and answered by a clinic admin. Only what is approved closes time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.refusals import Conflict, NotPermitted, Refusal
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.time_off import LONGEST_LEAVE, MOST_IN_THE_WAY, still_booked, take_leave, withdraw_leave
from apps.scheduling.models import Appointment, LeaveRequest, LeaveStatus, LeaveStep, TimeOff

EDIT_HOURS = "scheduling.edit_hours"


class NotYourLeave(NotPermitted):
    code = "not_your_leave"
    message = gettext_lazy("Leave is asked for by the provider, or entered by a clinic admin.")


class AskedAlready(Conflict):
    code = "leave_asked_already"
    field = "first_day"
    message = gettext_lazy("You have asked for leave in this time already.")


class AnsweredAlready(Conflict):
    code = "leave_answered_already"


class WordMissing(Refusal):
    code = "reason_missing"
    field = "words"
    message = gettext_lazy("Say why the leave is declined.")


@transaction.atomic
def ask_for_leave(
    provider: Provider, *, starts_at: datetime, ends_at: datetime, by: User, at: datetime, reason: str = ""
) -> LeaveRequest:
    """Ask to be away. Nothing is closed until somebody approves. Raises NotYourLeave, BadHours, AskedAlready."""
    if provider.user_id != by.pk:
        raise NotYourLeave
    hours.refuse_bad_span(starts_at, ends_at, longest=LONGEST_LEAVE)
    if ends_at <= at:
        raise hours.BadHours(_("This time has passed."), field="ends_at")
    Provider.objects.select_for_update(no_key=True, of=("self",)).only("id").get(pk=provider.pk)
    standing = LeaveRequest.objects.filter(
        provider=provider,
        status__in=[LeaveStatus.REQUESTED, LeaveStatus.APPROVED],
        starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )
    if standing.exists():
        raise AskedAlready
    request = LeaveRequest.objects.create(
        provider=provider, starts_at=starts_at, ends_at=ends_at, reason=_short(reason), asked_by=by, asked_at=at
    )
    _step(request, by=by, at=at, words=request.reason)
    return request


@transaction.atomic
def approve_leave(
    request: LeaveRequest, *, by: User, at: datetime, words: str = "", keep_appointments: bool = False
) -> LeaveRequest:
    """Close the time that was asked for. Raises AnsweredAlready, and AppointmentsInTheWay unless these are kept."""
    fresh = _locked(request)
    _refuse_answered(fresh)
    fresh.time_off = take_leave(
        fresh.provider,
        starts_at=fresh.starts_at,
        ends_at=fresh.ends_at,
        reason=fresh.reason,
        keep_appointments=keep_appointments,
        by=by,
        at=at,
    )
    return _moved(fresh, LeaveStatus.APPROVED, by=by, at=at, words=words)


@transaction.atomic
def decline_leave(request: LeaveRequest, *, by: User, at: datetime, words: str) -> LeaveRequest:
    """Say no, and why. Raises WordMissing, AnsweredAlready."""
    if not words.strip():
        raise WordMissing
    fresh = _locked(request)
    _refuse_answered(fresh)
    return _moved(fresh, LeaveStatus.DECLINED, by=by, at=at, words=words)


@transaction.atomic
def withdraw_request(request: LeaveRequest, *, by: User, at: datetime) -> LeaveRequest:
    """The provider does not go after all: what was approved is open again. Raises NotYourLeave, AnsweredAlready."""
    fresh = _locked(request)
    if fresh.provider.user_id != by.pk and not by.has_perm(EDIT_HOURS):
        raise NotYourLeave
    if fresh.status not in (LeaveStatus.REQUESTED, LeaveStatus.APPROVED):
        raise AnsweredAlready(_("This request is %(status)s already.") % {"status": _told(fresh)})
    if fresh.time_off is not None and fresh.time_off.withdrawn_at is None:
        withdraw_leave(fresh.time_off, by=by, at=at)
    return _moved(fresh, LeaveStatus.WITHDRAWN, by=by, at=at)


def withdraw_time_off(time_off: TimeOff, *, by: User, at: datetime) -> None:
    """Take leave or a closed day back; where a provider had asked for it, they see so. Raises AlreadyWithdrawn."""
    request = LeaveRequest.objects.filter(time_off=time_off, status=LeaveStatus.APPROVED).first()
    if request is not None and time_off.withdrawn_at is None:
        withdraw_request(request, by=by, at=at)
    else:
        withdraw_leave(time_off, by=by, at=at)


def in_the_way(requests: Sequence[LeaveRequest]) -> dict[UUID, list[Appointment]]:
    """Of each request the appointments that would fall into the leave: one query for all of them."""
    spans = Q()
    for one in requests:
        spans |= Q(provider=one.provider_id, starts_at__lt=one.ends_at, ends_at__gt=one.starts_at)
    booked = list(still_booked().filter(spans)[:MOST_IN_THE_WAY]) if requests else []
    return {
        one.pk: [
            visit
            for visit in booked
            if visit.provider_id == one.provider_id and visit.starts_at < one.ends_at and visit.ends_at > one.starts_at
        ]
        for one in requests
    }


def _locked(request: LeaveRequest) -> LeaveRequest:
    """The provider's lock first, as everywhere in scheduling."""
    Provider.objects.select_for_update(no_key=True, of=("self",)).only("id").get(pk=request.provider_id)
    rows = LeaveRequest.objects.select_for_update(of=("self",)).select_related("provider", "time_off")
    return rows.get(pk=request.pk)


def _refuse_answered(request: LeaveRequest) -> None:
    if request.status != LeaveStatus.REQUESTED:
        raise AnsweredAlready(_("This request is %(status)s already.") % {"status": _told(request)})


def _moved(request: LeaveRequest, status: str, *, by: User, at: datetime, words: str = "") -> LeaveRequest:
    request.status = status
    request.save(update_fields=["status", "time_off"])
    _step(request, by=by, at=at, words=_short(words))
    return request


def _step(request: LeaveRequest, *, by: User, at: datetime, words: str = "") -> None:
    LeaveStep.objects.create(request=request, to_status=request.status, words=words, by=by, at=at)


def _short(words: str) -> str:
    words = words.strip()
    if len(words) > 200:
        raise Refusal(_("Say it in at most 200 letters."), code="too_long", field="words")
    return words


def _told(request: LeaveRequest) -> str:
    return str(LeaveStatus(request.status).label).lower()
