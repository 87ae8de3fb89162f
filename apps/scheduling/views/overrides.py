"""Wishes to be booked over another appointment: the desk asks, a clinic admin answers by one click (FR-S01)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import StaffRequest, requires
from apps.audit.reads import record_reads
from apps.core.clock import now
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling import overrides
from apps.scheduling.fitting import OVERRIDE, SEE_PATIENTS
from apps.scheduling.models import OverrideRequest, Resource
from apps.scheduling.views.showing import on_the_wall

LIST = "scheduling:override_requests"
A_PAGE = 30


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that was refused: beside which request, why, and what was typed."""

    pk: UUID
    refusal: Refusal
    typed: str


@require_safe
@requires("scheduling.book_appointment")
def override_requests(request: StaffRequest) -> HttpResponse:
    """What waits for an answer, and what has been answered: to a clinic admin everybody's, to others their own."""
    return _list(request)


def _list(request: StaffRequest, refused: Refused | None = None) -> HttpResponse:
    at, rows = now(), OverrideRequest.objects.with_people()
    may_answer = request.user.has_perm(OVERRIDE)
    if not may_answer:
        rows = rows.filter(requested_by=request.user)
    waiting = list(rows.open(at).order_by("starts_at")[:100])
    page = Paginator(rows.exclude(pk__in=[one.pk for one in waiting]), A_PAGE).get_page(request.GET.get("page"))
    named = request.user.has_perm(SEE_PATIENTS)
    if named:
        record_reads({one.patient_id for one in (*waiting, *page)}, "schedule")
    rooms = dict(Resource.objects.values_list("pk", "name")) if any(one.resources for one in waiting) else {}
    context = {
        "waiting": [
            _shown(one, at, refused) | {"rooms": ", ".join(rooms[pk] for pk in one.resources if pk in rooms)}
            for one in waiting
        ],
        "answered": [_shown(one, at) for one in page],
        "page": page,
        "may_answer": may_answer,
        "named": named,
        "refused": refused,
        "is_beside": refused is not None and refused.pk in {one.pk for one in waiting},
    }
    status = refused.refusal.status if refused else 200
    return render(request, "scheduling/override_requests.html", context, status=status)


@require_safe
@requires("scheduling.book_appointment")
def override_badge(request: StaffRequest) -> HttpResponse:
    """How many wait for this person: for the day sheet, which asks now and then."""
    count = OverrideRequest.objects.open(now()).count() if request.user.has_perm(OVERRIDE) else 0
    return render(request, "scheduling/_override_badge.html", {"count": count})


@require_POST
@requires("scheduling.override_double_booking")
def override_approval(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Book it over what is in the way."""
    return _answered(request, pk, overrides.approve, _("Booked over: %(number)s."))


@require_POST
@requires("scheduling.override_double_booking")
def override_decline(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Say no, with a word."""
    rule = partial(overrides.decline, answer=request.POST.get("answer", ""))
    return _answered(request, pk, rule, _("Declined."))


@require_POST
@requires("scheduling.book_appointment")
def override_withdrawal(request: StaffRequest, pk: UUID) -> HttpResponse:
    """It is not needed any more."""
    return _answered(request, pk, overrides.withdraw, _("Withdrawn."))


def _answered(request: StaffRequest, pk: UUID, rule: Callable[..., OverrideRequest], words: str) -> HttpResponse:
    found = get_object_or_404(OverrideRequest, pk=pk)
    try:
        answered = rule(found, by=request.user, at=now())
    except Refusal as refusal:
        return _list(request, Refused(pk, refusal, request.POST.get("answer", "")))
    toast(request, words % {"number": answered.appointment.number if answered.appointment else ""})
    return redirect(LIST)


def _shown(one: OverrideRequest, at: datetime, refused: Refused | None = None) -> dict[str, Any]:
    state = _("Expired") if one.has_expired(at) else one.get_state_display()
    return {
        "request": one,
        "starts": on_the_wall(one.starts_at),
        "asked": on_the_wall(one.requested_at),
        "state": state,
        "refused": refused if refused is not None and refused.pk == one.pk else None,
    }
