"""One appointment: looked at, confirmed, moved, cancelled."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import now
from apps.core.money import format_money
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling import booking, missed, reminders
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.attendance import RUN_ANY_VISIT
from apps.scheduling.earlier import OVER
from apps.scheduling.fees import Charge
from apps.scheduling.forms.appointments import CancelForm, MoveForm
from apps.scheduling.models import Appointment, AppointmentTransition, Resource, Status
from apps.scheduling.models.appointment_type import FeeKind
from apps.scheduling.moves import Seen
from apps.scheduling.sheets.history import told
from apps.scheduling.undo import can_be_taken_back, move_back
from apps.scheduling.views.showing import (
    after_change,
    link_to_day,
    on_the_wall,
    page_or_panel,
    place_of,
    sheet_url,
    signed_in,
    times_in_words,
)


@require_GET
@requires("scheduling.view_appointment")
def appointment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One appointment: who, when, what may be done next, and what has happened to it."""
    return show(request, _fetched(pk))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another time or provider: what dragging and the arrow keys send, and a form for everybody else."""
    found = _fetched(pk)
    form = MoveForm(_sent(request), appointment=found, by=signed_in(request))
    if request.method == "POST" and form.is_valid():
        before, seen, undo = place_of(found), Seen.of(found), _way_back(found)
        is_undo = "way_back" in request.POST
        try:
            if is_undo:
                back = {name: form.place()[name] for name in ("provider", "starts_at", "ends_at", "seen")}
                moved = move_back(found, **back, by=signed_in(request), at=now())
            else:
                moved = booking.reschedule(found, **form.place(), by=signed_in(request), at=now())
        except Refusal as refusal:
            if is_undo:
                return show(request, found, refusal=refusal)
            form.refuse(refusal)
            return _move_page(request, found, form, status=refusal.status)
        if Seen.of(moved) == seen and form.place()["resources"] is not None:
            toast(request, _("Other rooms and equipment: %(when)s, %(number)s.") % told_of(moved))
        elif Seen.of(moved) != seen:
            stays = place_of(moved) == before
            words = _("Now %(minutes)s minutes: %(when)s, %(number)s.") if stays else _("Moved: %(when)s, %(number)s.")
            told = {**told_of(moved), "minutes": Seen.of(moved).minutes}
            undo |= {"seen": str(Seen.of(moved))}
            undo_url, link = reverse("scheduling:move", args=[pk]), link_to_day(request, moved)
            toast(request, words % told, undo_url=undo_url, undo_fields=undo, link=link)
        return after_change(request, [before, place_of(moved)], moved_url(moved))
    return _move_page(request, found, form, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
def cancellation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel, with a reason."""
    found = _fetched(pk)
    costs = missed.charges_for_cancelling(found, at=now()) if found.is_movable else []
    form = CancelForm(_sent(request), fee=in_money(costs), by=signed_in(request))
    if request.method == "POST" and form.is_valid():
        try:
            booking.cancel(
                found, by=signed_in(request), at=now(), reason=form.cleaned_data["reason"], answer=form.answer()
            )
        except Refusal as refusal:
            form.refuse(refusal)
            return _cancel_page(request, found, form, status=refusal.status)
        words = _("Cancelled: %(when)s, %(number)s.") % told_of(found)
        toast(request, words, undo_url=reverse("scheduling:undo", args=[pk]))
        return after_change(request, [place_of(found)], moved_url(found))
    return _cancel_page(request, found, form, status=400 if form.errors else 200)


@require_POST
@requires("scheduling.book_appointment")
def confirmation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A requested appointment gets its place."""
    found = _fetched(pk)
    try:
        booking.confirm(found, by=signed_in(request), at=now())
    except Refusal as refusal:
        return show(request, found, refusal=refusal)
    toast(request, _("Confirmed: %(when)s, %(number)s.") % told_of(found))
    return after_change(request, [place_of(found)], moved_url(found))


def show(request: HttpRequest, found: Appointment, *, refusal: Refusal | None = None) -> HttpResponse:
    """The appointment's page or panel; with a refusal, the same with the reason on top."""
    record_read(found.patient_id, "appointment")
    zone = profile.current().zone
    moves = list(found.transitions.select_related("by", "from_provider", "to_provider").order_by("-id"))
    context = {
        "appointment": found,
        "named": request.user.has_perm("patients.view_patient"),
        "starts": on_the_wall(found.starts_at),
        "ends": on_the_wall(found.ends_at),
        "zone": found.starts_at.astimezone(zone).tzname(),
        "age": found.patient.age_on(found.starts_at.astimezone(zone).date()),
        "acts": _acts(request, found, moves[0] if moves else None),
        "ticket": ticket_of(found) if found.arrived_at else None,
        "moves": list(told(moves, zone=zone)),
        "refusal": refusal,
        **_costs(found),
        "reminders": list(reminders.in_words(found)),
        "sheet_url": moved_url(found),
        "links": _links(found),
        "rooms": Resource.objects.filter(uses__appointment=found),
    }
    status = refusal.status if refusal else 200
    return page_or_panel(request, "scheduling/appointment.html", context, status=status)


def _links(found: Appointment) -> list[tuple[str, Appointment, str]]:
    """Before and after this one in the patient's story: what, which number, when."""
    instead = getattr(found, "rescheduled_as", None)
    linked = [
        (_("Instead of"), found.reschedule_of),
        (_("Replaced by"), instead),
        (_("Follow-up of"), found.follow_up_for),
        *((_("Followed up by"), one) for one in found.follow_ups.exclude(status=Status.CANCELLED)[:5]),
    ]
    return [(words, one, f"{date_format(on_the_wall(one.starts_at), 'D j M H:i')}") for words, one in linked if one]


def _costs(found: Appointment) -> dict[str, Any]:
    """What not coming will cost, and what cancelling or not coming has cost."""
    clinic = profile.current()
    no_show = missed.charges_for_not_coming(found) if found.status == Status.SCHEDULED else []
    fees = [
        (fee, format_money(fee.amount, clinic.currency_info, clinic.locale))
        for fee in found.missed_fees.filter(move__undone_by=None).select_related("waiver__by")
    ]
    standing = missed.standing_fee(found) if fees else None
    return {"no_show_costs": in_money(no_show), "missed_fees": fees, "standing_fee": standing}


def in_money(charges: Sequence[Charge]) -> str:
    """What these charges come to with tax, in words; nothing for nothing."""
    total = sum((one.total for one in charges), Decimal(0))
    clinic = profile.current()
    return format_money(total, clinic.currency_info, clinic.locale) if total else ""


def moved_url(found: Appointment) -> str:
    """The sheet on which it stands."""
    return sheet_url(found.starts_at.astimezone(profile.current().zone).date())


def _acts(request: HttpRequest, found: Appointment, last: AppointmentTransition | None) -> set[str]:
    """What this person may do with it now; the rules decide again when it is done."""
    user, status = signed_in(request), found.status
    may_book = user.has_perm("scheduling.book_appointment")
    may_mark = user.has_perm("scheduling.record_attendance")
    may_run = user.has_perm(RUN_ANY_VISIT) or (user.has_perm("scheduling.run_visit") and found.belongs_to(user.pk))
    allowed = {
        "confirmation": may_book and status == Status.REQUESTED,
        "arrival": may_mark and status == Status.SCHEDULED,
        "no_show": may_mark and status == Status.SCHEDULED and found.starts_at <= now(),
        "start": may_run and status == Status.ARRIVED,
        "completion": may_run and status == Status.IN_SESSION,
        "move": may_book and found.is_movable,
        "cancellation": may_book and found.is_movable,
        "follow_up": may_book and status in (Status.ARRIVED, Status.IN_SESSION, Status.COMPLETED),
        "booking_again": may_book and status in OVER and not hasattr(found, "rescheduled_as"),
        "undo": can_be_taken_back(last, by=user, at=now()),
    }
    return {act for act, may in allowed.items() if may}


def _move_page(request: HttpRequest, found: Appointment, form: MoveForm, *, status: int = 200) -> HttpResponse:
    record_read(found.patient_id, "appointment")
    context = {
        "appointment": found,
        "form": form,
        "times": times_in_words(form.free_times),
        "named": request.user.has_perm("patients.view_patient"),
    }
    return page_or_panel(request, "scheduling/move.html", context, status=status)


def _cancel_page(request: HttpRequest, found: Appointment, form: CancelForm, *, status: int = 200) -> HttpResponse:
    rule = found.appointment_type.cancel_fee_kind != FeeKind.NONE
    free_until = on_the_wall(missed.free_until(found)) if rule else None
    record_read(found.patient_id, "appointment")
    context = {
        "appointment": found,
        "form": form,
        "when": told_of(found)["when"],
        "free_until": free_until,
        "named": request.user.has_perm("patients.view_patient"),
    }
    return page_or_panel(request, "scheduling/cancel.html", context, status=status)


def _fetched(pk: UUID) -> Appointment:
    rows = Appointment.objects.with_place_in_series().select_related(
        *("patient", "provider__room", "appointment_type", "booked_by"),
        *("follow_up_for", "reschedule_of", "rescheduled_as"),
    )
    return get_object_or_404(rows, pk=pk)


def _way_back(found: Appointment) -> dict[str, object]:
    """What Undo sends to put it back where it is now."""
    return {
        "provider": found.provider_id,
        "at": found.starts_at.isoformat(),
        "minutes": Seen.of(found).minutes,
        "way_back": "on",
    }


def told_of(found: Appointment) -> dict[str, str]:
    """For toasts: when and which number, no name."""
    local = on_the_wall(found.starts_at)
    return {"when": f"{date_format(local, 'D j M')} {local:%H:%M}, {found.provider}", "number": found.number}


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
