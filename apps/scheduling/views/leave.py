"""Leave: asked for on the provider's own page, answered by a clinic admin who sees the appointments in the way."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import StaffRequest, requires
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling.calendars import holidays as closing
from apps.scheduling.calendars import leave as rules
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.forms.leave import HolidaysForm, LeaveAnswerForm, LeaveWishForm
from apps.scheduling.models import LeaveRequest, LeaveStatus
from apps.scheduling.views.hours import closed_days_page, listed
from apps.scheduling.views.showing import on_the_wall

MOST_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.run_visit")
def my_leave(request: StaffRequest) -> HttpResponse:
    """A provider asks for leave and sees what became of it."""
    provider = get_object_or_404(Provider, user=request.user)
    form = LeaveWishForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            span = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "reason")}
            try:
                rules.ask_for_leave(provider, by=request.user, at=now(), **span)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Asked for: a clinic admin answers."))
                return redirect("scheduling:my_leave")
    asked = _told(LeaveRequest.objects.filter(provider=provider).order_by("-starts_at")[:MOST_SHOWN])
    return render(
        request, "scheduling/my_leave.html", {"form": form, "provider": provider, "asked": asked}, status=status
    )


@require_safe
@requires("scheduling.edit_hours")
def leave_requests(request: StaffRequest) -> HttpResponse:
    """What is to be answered, with the appointments in the way; below it what was answered lately."""
    return _queue(request)


@require_POST
@requires("scheduling.edit_hours")
def leave_answer(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Approve or decline (`answer`), with a word."""
    found = get_object_or_404(LeaveRequest.objects.select_related("provider"), pk=pk)
    form = LeaveAnswerForm(request.POST, prefix=str(pk))
    if not form.is_valid():
        return _queue(request, answered=(found, form), status=400)
    typed = form.cleaned_data
    try:
        if request.POST.get("answer") == "approve":
            rules.approve_leave(found, by=request.user, at=now(), **typed)
            toast(request, _("The leave of %(provider)s is approved.") % {"provider": found.provider})
        else:
            rules.decline_leave(found, by=request.user, at=now(), words=typed["words"])
            toast(request, _("The leave of %(provider)s is declined.") % {"provider": found.provider})
    except Refusal as refusal:
        asked = isinstance(refusal, AppointmentsInTheWay)
        field = "keep_appointments" if asked else refusal.field
        form.add_error(field if field in form.fields else None, str(refusal))
        return _queue(request, answered=(found, form), status=refusal.status)
    return redirect("scheduling:leave_requests")


@require_POST
@requires("scheduling.run_visit", "scheduling.edit_hours")
def leave_withdrawal(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The provider does not go after all."""
    found = get_object_or_404(LeaveRequest.objects.select_related("provider"), pk=pk)
    try:
        rules.withdraw_request(found, by=request.user, at=now())
    except rules.NotYourLeave as refusal:
        return render(request, "403.html", {"message": str(refusal)}, status=refusal.status)
    except Refusal as refusal:
        toast(request, str(refusal), level=messages.WARNING)
    else:
        toast(request, _("Withdrawn."))
    own = found.provider.user_id == request.user.pk
    return redirect("scheduling:my_leave" if own else "scheduling:leave_requests")


@require_POST
@requires("scheduling.edit_hours")
def holidays(request: StaffRequest) -> HttpResponse:
    """Close the clinic on several days at once."""
    form = HolidaysForm(request.POST, prefix="list")
    status = 400
    if form.is_valid():
        typed = form.cleaned_data
        try:
            days = closing.read_days(typed["days"], years=typed["years"])
            closed = closing.close_days(days, keep_appointments=typed["keep_appointments"], by=request.user, at=now())
        except Refusal as refusal:
            asked = isinstance(refusal, AppointmentsInTheWay)
            field = "keep_appointments" if asked else refusal.field
            form.add_error(field if field in form.fields else None, str(refusal))
            status = refusal.status
        else:
            toast(request, _("%(n)s days are closed.") % {"n": len(closed)})
            return redirect("scheduling:closed_days")
    return closed_days_page(request, list_form=form, status=status)


def _queue(
    request: StaffRequest, *, answered: tuple[LeaveRequest, LeaveAnswerForm] | None = None, status: int = 200
) -> HttpResponse:
    rows = LeaveRequest.objects.select_related("provider", "asked_by")
    waiting = []
    open_ones = _told(rows.filter(status=LeaveStatus.REQUESTED)[:MOST_SHOWN])
    in_the_way = rules.in_the_way([row["leave"] for row in open_ones])
    for row in open_ones:
        asked: LeaveRequest = row["leave"]
        mine = answered is not None and answered[0].pk == asked.pk
        form = answered[1] if answered is not None and mine else LeaveAnswerForm(prefix=str(asked.pk))
        waiting.append({**row, "form": form, "in_the_way": listed(in_the_way[asked.pk], request)})
    lately = _told(rows.exclude(status=LeaveStatus.REQUESTED).order_by("-asked_at")[:MOST_SHOWN])
    return render(request, "scheduling/leave_requests.html", {"waiting": waiting, "lately": lately}, status=status)


def _told(requests: QuerySet[LeaveRequest]) -> list[dict[str, Any]]:
    """Requests with their last word and the clock on the wall."""
    rows = []
    for one in requests.prefetch_related("steps__by"):
        last = list(one.steps.all())[-1]
        rows.append(
            {
                "leave": one,
                "starts": _wall(one.starts_at),
                "ends": _wall(one.ends_at),
                "asked": _wall(one.asked_at),
                "last": last,
                "answered": _wall(last.at),
                "open": one.status in (LeaveStatus.REQUESTED, LeaveStatus.APPROVED) and one.ends_at > now(),
            }
        )
    return rows


def _wall(moment: datetime) -> datetime:
    return on_the_wall(moment)
