"""Wishes to be booked over another appointment: the desk asks, a clinic admin answers by one click (FR-S01)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
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
from apps.scheduling.models import OverrideRequest
from apps.scheduling.views.showing import on_the_wall

LIST = "scheduling:override_requests"
A_PAGE = 30


@require_safe
@requires("scheduling.book_appointment")
def override_requests(request: StaffRequest) -> HttpResponse:
    """What waits for an answer, and what has been answered: to a clinic admin everybody's, to others their own."""
    at, rows = now(), OverrideRequest.objects.with_people()
    may_answer = request.user.has_perm(OVERRIDE)
    if not may_answer:
        rows = rows.filter(requested_by=request.user)
    waiting = list(rows.open(at).order_by("starts_at")[:100])
    page = Paginator(rows.exclude(pk__in=[one.pk for one in waiting]), A_PAGE).get_page(request.GET.get("page"))
    named = request.user.has_perm(SEE_PATIENTS)
    if named:
        record_reads({one.patient_id for one in (*waiting, *page)}, "schedule")
    context = {
        "waiting": [_shown(one, at) for one in waiting],
        "answered": [_shown(one, at) for one in page],
        "page": page,
        "may_answer": may_answer,
        "named": named,
    }
    return render(request, "scheduling/override_requests.html", context)


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
    return _answered(request, partial(overrides.approve, _found(pk)), _("Booked over: %(number)s."))


@require_POST
@requires("scheduling.override_double_booking")
def override_decline(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Say no, with a word."""
    rule = partial(overrides.decline, _found(pk), answer=request.POST.get("answer", ""))
    return _answered(request, rule, _("Declined."))


@require_POST
@requires("scheduling.book_appointment")
def override_withdrawal(request: StaffRequest, pk: UUID) -> HttpResponse:
    """It is not needed any more."""
    return _answered(request, partial(overrides.withdraw, _found(pk)), _("Withdrawn."))


def _answered(request: StaffRequest, rule: Callable[..., OverrideRequest], words: str) -> HttpResponse:
    try:
        answered = rule(by=request.user, at=now())
        toast(request, words % {"number": answered.appointment.number if answered.appointment else ""})
    except Refusal as refusal:
        toast(request, str(refusal), level=messages.WARNING)
    return redirect(LIST)


def _found(pk: UUID) -> OverrideRequest:
    return get_object_or_404(OverrideRequest, pk=pk)


def _shown(one: OverrideRequest, at: datetime) -> dict[str, Any]:
    state = _("Expired") if one.has_expired(at) else one.get_state_display()
    return {
        "request": one,
        "starts": on_the_wall(one.starts_at),
        "asked": on_the_wall(one.requested_at),
        "state": state,
    }
