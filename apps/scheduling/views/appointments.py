"""Booking, looking at, moving and cancelling an appointment (UC-01)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_time
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import comes_twice, local_day, now
from apps.core.money import format_money
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.models import Patient
from apps.patients.models.persons import in_use
from apps.patients.search import find
from apps.scheduling import booking, fees, missed, overrides, reminders
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.attendance import RUN_ANY_VISIT
from apps.scheduling.earlier import OVER
from apps.scheduling.fees import Charge
from apps.scheduling.forms.appointments import BookingForm, CancelForm, MoveForm
from apps.scheduling.models import Appointment, AppointmentTransition, AppointmentType, Channel, Resource, Status
from apps.scheduling.models.appointment_type import FeeKind
from apps.scheduling.moves import Seen
from apps.scheduling.sheets.history import told
from apps.scheduling.slots import next_free
from apps.scheduling.undo import can_be_taken_back
from apps.scheduling.views.showing import after_change, asked_day, is_panel, on_the_wall, place_of, sheet_url, signed_in

FOUND_AT_MOST = 6
TIMES_OFFERED = 6


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
def book(request: HttpRequest) -> HttpResponse:
    """Book an appointment. ?provider=, ?day=, ?time= (a place on the sheet), ?patient=, ?appointment_type=
    fill the form."""
    if request.method != "POST":
        return _booking_page(request, BookingForm(by=signed_in(request), initial=_first_guess(request)))
    form = BookingForm(request.POST, by=signed_in(request))
    if "find" in request.POST:  # the search without JavaScript
        return _booking_page(request, BookingForm(by=signed_in(request), initial=request.POST.dict()))
    if form.is_valid():
        try:
            if form.is_asking:
                return _asked(request, form)
            appointment = booking.book(**form.details(), by=signed_in(request), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
            return _booking_page(request, form, status=refusal.status)
        toast(request, _("Booked: %(when)s, %(number)s.") % _told(appointment))
        day = appointment.starts_at.astimezone(profile.current().zone).date()
        return after_change(request, [place_of(appointment)], sheet_url(day))
    return _booking_page(request, form, status=400)


def _asked(request: HttpRequest, form: BookingForm) -> HttpResponse:
    asked = overrides.ask(**form.request(), by=signed_in(request), at=now())
    toast(request, _("Asked. A clinic admin decides; you find the answer under “Override requests”."))
    return after_change(request, [(asked.provider_id, asked.starts_at)], reverse("scheduling:override_requests"))


@require_POST
@requires("scheduling.book_appointment")
def patient_choices(request: HttpRequest) -> HttpResponse:
    """Patients who fit what was typed. A POST, so that no name stands in an address or a log."""
    found = _found(request.POST.get("who", ""))
    return render(request, "scheduling/_patient_choices.html", {"found": found, "who": request.POST.get("who", "")})


@require_GET
@requires("scheduling.book_appointment")
def free_times(request: HttpRequest) -> HttpResponse:
    """The next free times for a provider, a type and a day."""
    provider = Provider.objects.filter(is_active=True, pk=_uuid(request.GET.get("provider"))).first()
    appointment_type = AppointmentType.objects.active().filter(pk=_uuid(request.GET.get("appointment_type"))).first()
    slots = []
    if provider and appointment_type:
        after = max(local_day(asked_day(request), profile.current().zone)[0], now())
        slots = next_free(provider, appointment_type, after=after, count=TIMES_OFFERED, by=signed_in(request))
    costs = _worded_costs(request, provider, appointment_type) if provider and appointment_type else []
    context = {"times": _worded_times(slots), "asked": bool(provider), "costs": costs}
    return render(request, "scheduling/_free_times.html", context)


def _worded_costs(
    request: HttpRequest, provider: Provider, appointment_type: AppointmentType
) -> list[tuple[str, str, str]]:
    """Of each charge: words, what is asked with tax, and what it would be without the discount of a return."""
    patient = Patient.objects.filter(pk=_uuid(request.GET.get("patient"))).first()
    charges = fees.charges_of(
        provider=provider, appointment_type=appointment_type, day=asked_day(request), patient=patient
    )
    if patient is not None:
        record_read(patient.pk, "booking")
    free = pgettext("of a fee", "free")
    return [
        (one.description, in_money([one]) or free, in_money([replace(one, discount_percent=Decimal(0))]))
        if one.discount_percent
        else (one.description, in_money([one]) or free, "")
        for one in charges
    ]


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
        try:
            moved = booking.reschedule(found, **form.place(), by=signed_in(request), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
            return _move_page(request, found, form, status=refusal.status)
        if Seen.of(moved) == seen and form.place()["resources"] is not None:
            toast(request, _("Other rooms and equipment: %(when)s, %(number)s.") % _told(moved))
        elif Seen.of(moved) != seen:
            stays = place_of(moved) == before
            words = _("Now %(minutes)s minutes: %(when)s, %(number)s.") if stays else _("Moved: %(when)s, %(number)s.")
            told = {**_told(moved), "minutes": Seen.of(moved).minutes}
            undo |= {"seen": str(Seen.of(moved))}
            toast(request, words % told, undo_url=reverse("scheduling:move", args=[pk]), undo_fields=undo)
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
        words = _("Cancelled: %(when)s, %(number)s.") % _told(found)
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
    toast(request, _("Confirmed: %(when)s, %(number)s.") % _told(found))
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
    template = "scheduling/appointment.html"
    status = refusal.status if refusal else 200
    if is_panel(request):
        return render(request, f"{template}#panel", context, status=status)
    return render(request, template, context, status=status)


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


def _booking_page(request: HttpRequest, form: BookingForm, *, status: int = 200) -> HttpResponse:
    who = form.data.get("who", "") if form.is_bound else form.initial.get("who", "")
    chosen = Patient.objects.filter(pk=_uuid(form["patient"].value())).first()
    found = [one for one in _found(who) if one != chosen]
    if chosen:
        record_read(chosen.pk, "booking")
    context: dict[str, Any] = {
        "form": form,
        "earlier": _earlier(form),
        "rooms": Resource.objects.filter(is_active=True).exists(),
        "who": who,
        "chosen": chosen,
        "found": found,
        "times": _worded_times(form.free_times),
    }
    template = "scheduling/book.html"
    if is_panel(request):
        return render(request, f"{template}#panel", context, status=status)
    return render(request, template, context, status=status)


def _move_page(request: HttpRequest, found: Appointment, form: MoveForm, *, status: int = 200) -> HttpResponse:
    record_read(found.patient_id, "appointment")
    context = {
        "appointment": found,
        "form": form,
        "times": _worded_times(form.free_times),
        "named": request.user.has_perm("patients.view_patient"),
    }
    template = "scheduling/move.html"
    if is_panel(request):
        return render(request, f"{template}#panel", context, status=status)
    return render(request, template, context, status=status)


def _cancel_page(request: HttpRequest, found: Appointment, form: CancelForm, *, status: int = 200) -> HttpResponse:
    rule = found.appointment_type.cancel_fee_kind != FeeKind.NONE
    free_until = on_the_wall(missed.free_until(found)) if rule else None
    context = {"appointment": found, "form": form, "when": _told(found)["when"], "free_until": free_until}
    template = "scheduling/cancel.html"
    if is_panel(request):
        return render(request, f"{template}#panel", context, status=status)
    return render(request, template, context, status=status)


def _first_guess(request: HttpRequest) -> dict[str, Any]:
    """What the form begins with: what the address says, else the person's own column and the next free time."""
    zone = profile.current().zone
    providers = Provider.objects.filter(is_active=True)
    links = {name: _uuid(request.GET.get(name)) for name in ("follow_up_for", "reschedule_of")}
    earlier = Appointment.objects.filter(pk__in=links.values()).select_related("appointment_type", "patient").first()
    provider = providers.filter(pk=_uuid(request.GET.get("provider") or (earlier and earlier.provider_id))).first()
    provider = provider or providers.filter(user=signed_in(request)).first() or providers.first()
    types = AppointmentType.objects.active()
    appointment_type = types.filter(pk=_uuid(request.GET.get("appointment_type"))).first() or types.first()
    if earlier and links["reschedule_of"] == earlier.pk and earlier.appointment_type.is_active:
        appointment_type = earlier.appointment_type
    wall = _wall_time(request.GET.get("time", ""))
    moment = None
    if wall is None and provider and appointment_type:
        after = max(local_day(asked_day(request), zone)[0], now())
        moment = next(
            (
                slot.starts_at
                for slot in next_free(provider, appointment_type, after=after, count=1, by=signed_in(request))
            ),
            None,
        )
    guess: dict[str, Any] = {
        "provider": provider.pk if provider else None,
        "appointment_type": appointment_type.pk if appointment_type else None,
        "patient": in_use(earlier.patient).pk if earlier else request.GET.get("patient"),
        **{name: earlier.pk for name, pk in links.items() if earlier and pk == earlier.pk},
        "channel": Channel.PHONE if earlier is None or links["reschedule_of"] == earlier.pk else Channel.DESK,
        "day": asked_day(request),
        "starts": wall,
        "fold": request.GET.get("fold") if request.GET.get("fold") in ("0", "1") else None,
    }
    if moment:
        local = moment.astimezone(zone)
        clock = local.time().replace(second=0, microsecond=0)
        guess |= {"day": local.date(), "starts": clock, "fold": local.fold}
    return guess


def _found(text: str) -> list[Patient]:
    found = find(text, limit=FOUND_AT_MOST) if text.strip() else []
    record_reads({one.pk for one in found}, "search")
    return found


def _earlier(form: BookingForm) -> list[tuple[str, str]]:
    """What this booking follows or replaces, in words."""
    said = {"follow_up_for": _("Follow-up of"), "reschedule_of": _("Instead of")}
    ids = {name: _uuid(form[name].value()) for name in said}
    found = Appointment.objects.select_related("appointment_type", "provider").in_bulk(list(ids.values()))
    return [
        (
            said[name],
            f"{found[pk].number} · {date_format(on_the_wall(found[pk].starts_at), 'D j M Y H:i')}"
            f" · {found[pk].appointment_type}, {found[pk].provider}",
        )
        for name, pk in ids.items()
        if pk in found
    ]


def _clock(local: datetime) -> str:
    """10:30; where that time comes twice, with the zone that says which of the two."""
    return f"{local:%H:%M} {local.tzname()}" if comes_twice(local) else f"{local:%H:%M}"


def _worded_times(slots: list[Any]) -> list[tuple[str, str, str, datetime]]:
    """Free times as the page offers them: moment, words, day and time for the fields."""
    zone = profile.current().zone
    local = [slot.starts_at.astimezone(zone) for slot in slots]
    return [
        (
            slot.starts_at.isoformat(),
            f"{date_format(one, 'D j M')} {_clock(one)}",
            f"{one:%Y-%m-%d}",
            one.replace(tzinfo=None),
        )
        for slot, one in zip(slots, local, strict=True)
    ]


def _fetched(pk: UUID) -> Appointment:
    rows = Appointment.objects.with_place_in_series().select_related(
        *("patient", "provider__room", "appointment_type", "booked_by"),
        *("follow_up_for", "reschedule_of", "rescheduled_as"),
    )
    return get_object_or_404(rows, pk=pk)


def _way_back(found: Appointment) -> dict[str, object]:
    """What the Move form is sent to put it back where it is now."""
    return {
        "provider": found.provider_id,
        "at": found.starts_at.isoformat(),
        "minutes": Seen.of(found).minutes,
        "patient_sees_both": "on",  # where the patient was before
    }


def _told(found: Appointment) -> dict[str, str]:
    """For toasts: no name."""
    local = on_the_wall(found.starts_at)
    return {"when": f"{date_format(local, 'D j M')} {local:%H:%M}, {found.provider}", "number": found.number}


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _wall_time(text: str) -> time | None:
    try:
        return parse_time(text)
    except ValueError:
        return None


def _uuid(text: object) -> UUID:
    """The id that is written there, or one that nothing has."""
    try:
        return UUID(str(text))
    except ValueError:
        return UUID(int=0)
