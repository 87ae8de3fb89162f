"""The booking form: who, with whom, what for, when, and what it will cost (UC-01)."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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
from apps.core.clock import day_of, local_day, now
from apps.core.forms import typed
from apps.core.pages import written_id
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.models import Patient
from apps.patients.models.persons import in_use
from apps.patients.search import find
from apps.scheduling import booking, fees, overrides
from apps.scheduling.forms.appointments import BookingForm
from apps.scheduling.models import Appointment, AppointmentType, Channel, Resource
from apps.scheduling.slots import LOOK_AHEAD, Slot, each_free, next_free
from apps.scheduling.views.appointments import in_money, told_of
from apps.scheduling.views.showing import (
    after_change,
    asked_day,
    link_to_day,
    not_yet,
    on_the_wall,
    page_or_panel,
    place_of,
    sheet_url,
    signed_in,
    times_in_words,
)

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
        begun = {**typed(BookingForm, request.POST), "who": request.POST.get("who", "")}
        return _booking_page(request, BookingForm(by=signed_in(request), initial=begun))
    if form.is_valid():
        try:
            if form.is_asking:
                return _asked(request, form)
            appointment = booking.book(**form.details(), by=signed_in(request), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
            return _booking_page(request, form, status=refusal.status)
        link = link_to_day(request, appointment)
        words = _("Booked: %(when)s, %(number)s.") % told_of(appointment)
        toast(request, words, undo_url=reverse("scheduling:undo", args=[appointment.pk]), link=link)
        day = appointment.starts_at.astimezone(profile.current().zone).date()
        return after_change(request, [place_of(appointment)], sheet_url(day))
    return _booking_page(request, form, status=400)


@require_POST
@requires("scheduling.book_appointment")
def patient_choices(request: HttpRequest) -> HttpResponse:
    """Patients who fit what was typed. A POST, so that no name stands in an address or a log."""
    found = found_patients(request.POST.get("who", ""))
    return render(request, "scheduling/_patient_choices.html", {"found": found, "who": request.POST.get("who", "")})


@require_GET
@requires("scheduling.book_appointment")
def free_times(request: HttpRequest) -> HttpResponse:
    """The next free times for a provider, a type and a day. While the form stands on the day that was found
    ``instead``, it is still about the day ``asked_for``."""
    provider = Provider.objects.filter(is_active=True, pk=written_id(request.GET.get("provider"))).first()
    appointment_type = (
        AppointmentType.objects.active().filter(pk=written_id(request.GET.get("appointment_type"))).first()
    )
    slots, said = [], ""
    if provider and appointment_type:
        day = asked_day(request)
        if request.GET.get("instead") == str(day):
            day = asked_day(request, "asked_for")
        after = max(local_day(day, profile.current().zone)[0], now())
        slots = next_free(provider, appointment_type, after=after, count=TIMES_OFFERED, by=signed_in(request))
        said = _of_the_day(request, day, appointment_type, slots)
    costs = _worded_costs(request, provider, appointment_type) if provider and appointment_type else []
    context = {"times": times_in_words(slots), "asked": bool(provider), "costs": costs, "another_day": said}
    return render(request, "scheduling/_free_times.html", context)


def _asked(request: HttpRequest, form: BookingForm) -> HttpResponse:
    asked = overrides.ask(**form.request(), by=signed_in(request), at=now())
    toast(request, _("Asked. A clinic admin decides; you find the answer under “Override requests”."))
    return after_change(request, [(asked.provider_id, asked.starts_at)], reverse("scheduling:override_requests"))


def _booking_page(request: HttpRequest, form: BookingForm, *, status: int = 200) -> HttpResponse:
    who = form.data.get("who", "") if form.is_bound else form.initial.get("who", "")
    chosen = Patient.objects.filter(pk=written_id(form["patient"].value())).first()
    found = [one for one in found_patients(who) if one != chosen]
    if chosen:
        record_read(chosen.pk, "booking")
    context: dict[str, Any] = {
        "form": form,
        "earlier": _earlier(form),
        "rooms": Resource.objects.filter(is_active=True).exists(),
        "who": who,
        "chosen": chosen,
        "found": found,
        "times": times_in_words(form.free_times),
        **not_yet(request, form),
        **({} if form.is_bound else form.initial.get("moved_on", {})),
    }
    return page_or_panel(request, "scheduling/book.html", context, status=status)


def _first_guess(request: HttpRequest) -> dict[str, Any]:
    """What the form begins with: what the address says, else the person's own column or whoever is free that day,
    and the next free time."""
    providers = Provider.objects.filter(is_active=True)
    links = {name: written_id(request.GET.get(name)) for name in ("follow_up_for", "reschedule_of")}
    earlier = Appointment.objects.filter(pk__in=links.values()).select_related("appointment_type", "patient").first()
    provider = providers.filter(pk=written_id(request.GET.get("provider") or (earlier and earlier.provider_id))).first()
    provider = provider or providers.filter(user=signed_in(request)).first()
    types = AppointmentType.objects.active()
    appointment_type = types.filter(pk=written_id(request.GET.get("appointment_type"))).first() or types.first()
    if earlier and links["reschedule_of"] == earlier.pk and earlier.appointment_type.is_active:
        appointment_type = earlier.appointment_type
    wall = _wall_time(request.GET.get("time", ""))
    slot = None
    if wall is None and appointment_type:
        slot = _first_free([provider] if provider else list(providers), appointment_type, request)
    whoever = provider is None
    provider = provider or (slot.provider if slot else providers.first())
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
    if slot:
        local = slot.starts_at.astimezone(profile.current().zone)
        clock = local.time().replace(second=0, microsecond=0)
        if local.date() != guess["day"]:
            said = _not_that_day(guess["day"], None if whoever else provider)
            guess["moved_on"] = {"another_day": said, "asked_for": guess["day"], "instead": local.date()}
        guess |= {"day": local.date(), "starts": clock, "fold": local.fold}
    return guess


def _first_free(providers: list[Provider], appointment_type: AppointmentType, request: HttpRequest) -> Slot | None:
    """With the first of these who is free on the day that is asked for; where none is, the next free time of all."""
    zone, day = profile.current().zone, asked_day(request)
    after = max(local_day(day, zone)[0], now())
    free = partial(
        each_free, providers=providers, appointment_type=appointment_type, at=after, by=signed_in(request), most_a_day=1
    )
    of_day = list(free(first_day=day, last_day=day))
    if of_day:
        return min(of_day, key=lambda slot: providers.index(slot.provider))
    first_day = day_of(after, zone)
    return next(free(first_day=first_day, last_day=first_day + LOOK_AHEAD), None)


def _not_that_day(day: date, provider: Provider | None) -> str:
    """Why the form stands on another day than the one that was asked for."""
    words = {"provider": provider, "day": date_format(day, "D j M")}
    if provider is None:
        return _("Nobody has a free time on %(day)s: this is the next one.") % words
    return _("%(provider)s has no free time on %(day)s: this is the next one.") % words


def _of_the_day(request: HttpRequest, day: date, appointment_type: AppointmentType, slots: list[Slot]) -> str:
    """That this provider, or nobody, has a free time on the day that was asked for: these are the next ones."""
    if not slots or on_the_wall(slots[0].starts_at).date() == day or day < day_of(now(), profile.current().zone):
        return ""
    providers = list(Provider.objects.filter(is_active=True))
    of_day = each_free(
        providers=providers,
        appointment_type=appointment_type,
        first_day=day,
        last_day=day,
        at=now(),
        by=signed_in(request),
        most_a_day=1,
    )
    first, somebody = on_the_wall(slots[0].starts_at), next(of_day, None)
    if (first.date(), first.time()) == (asked_day(request), _wall_time(request.GET.get("starts", ""))):
        return _not_that_day(day, slots[0].provider if somebody else None)
    words = {"provider": slots[0].provider, "day": date_format(day, "D j M")}
    if somebody is None:
        return _("Nobody has a free time on %(day)s: the next ones of %(provider)s are below.") % words
    return _("%(provider)s has no free time on %(day)s: the next ones are below.") % words


def found_patients(text: str) -> list[Patient]:
    """Patients who fit what was typed; each is noted as read."""
    found = find(text, limit=FOUND_AT_MOST) if text.strip() else []
    record_reads({one.pk for one in found}, "search")
    return found


def _earlier(form: BookingForm) -> list[tuple[str, str]]:
    """What this booking follows or replaces, in words."""
    said = {"follow_up_for": _("Follow-up of"), "reschedule_of": _("Instead of")}
    ids = {name: written_id(form[name].value()) for name in said}
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


def _worded_costs(
    request: HttpRequest, provider: Provider, appointment_type: AppointmentType
) -> list[tuple[str, str, str]]:
    """Of each charge: words, what is asked with tax, and what it would be without the discount of a return."""
    patient = Patient.objects.filter(pk=written_id(request.GET.get("patient"))).first()
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


def _wall_time(text: str) -> time | None:
    try:
        return parse_time(text)
    except ValueError:
        return None
