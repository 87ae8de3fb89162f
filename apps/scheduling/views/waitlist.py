"""The waitlist at the desk: who waits, what is offered to whom, one click to accept or decline."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, now
from apps.core.forms import typed
from apps.core.pages import written_id
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.models import Patient
from apps.patients.search import find
from apps.scheduling.arrival import reception
from apps.scheduling.forms.place import moment_of
from apps.scheduling.forms.waitlist import USUAL_WAIT, JoinForm
from apps.scheduling.models import AppointmentType, WaitlistEntry, WaitlistOffer
from apps.scheduling.models.waitlist import OfferStatus, Waiting
from apps.scheduling.views.showing import is_panel, not_yet, on_the_wall, page_or_panel, signed_in
from apps.scheduling.waitlist import answers, joining, offering

A_PAGE = 25
FOUND_AT_MOST = 6


@require_safe
@requires("scheduling.view_appointment")
def waitlist(request: HttpRequest) -> HttpResponse:
    """Who waits, first in line first. ?status=all|waiting|offered|…, ?type=, ?provider=."""
    return _list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
def join(request: HttpRequest) -> HttpResponse:
    """Put a patient on the list: from the chart (?patient=), or from the booking form with what was typed there."""
    if request.method != "POST":
        return _join_page(request, JoinForm(initial=_first_guess(request.GET.get("patient"), None)))
    if "find" in request.POST:  # the search without JavaScript
        begun = {**typed(JoinForm, request.POST), "who": request.POST.get("who", "")}
        return _join_page(request, JoinForm(initial=begun))
    if "begin" in request.POST:  # from the booking form
        booking = request.POST
        guess = _first_guess(booking.get("patient"), _day(booking.get("day", "")))
        provider = Provider.objects.filter(pk=written_id(booking.get("provider"))).first()
        guess |= {"who": booking.get("who", ""), "providers": [provider.pk] if provider else []}
        guess |= {name: booking[name] for name in ("appointment_type", "note") if booking.get(name)}
        return _join_page(request, JoinForm(initial=guess))
    form = JoinForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            joining.join(**form.cleaned_data, by=signed_in(request), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            toast(request, _("The patient is on the waitlist."))
            return _to_list(request)
    return _join_page(request, form, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
def offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Free times that would suit a waiting patient; choosing one keeps it for them."""
    entry = get_object_or_404(WaitlistEntry.objects.with_people(), pk=pk)
    if request.method != "POST":
        return _offer_page(request, entry)
    provider_id, _sep, moment = request.POST.get("place", "").partition(" ")
    provider = Provider.objects.filter(is_active=True, pk=written_id(provider_id)).first()
    starts_at = moment_of(moment)
    if provider is None or starts_at is None:
        return _offer_page(request, entry, problem=_("Choose one of the times."), status=400)
    try:
        made = offering.offer(entry, provider=provider, starts_at=starts_at, by=signed_in(request), at=now())
    except Refusal as refusal:
        return _offer_page(request, entry, problem=str(refusal.message), status=refusal.status)
    toast(request, _("Kept until %(until)s.") % {"until": f"{on_the_wall(made.expires_at):%H:%M}"})
    return _to_list(request)


@require_POST
@requires("scheduling.book_appointment")
def acceptance(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The patient takes the offered time: booked in one click."""
    found = get_object_or_404(WaitlistOffer, pk=pk)
    return _answered(
        request, lambda: answers.accept(found, by=signed_in(request), at=now()), _("Booked from the waitlist.")
    )


@require_POST
@requires("scheduling.book_appointment")
def refusal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The patient does not take it; the next in line is offered it."""
    found = get_object_or_404(WaitlistOffer, pk=pk)
    return _answered(
        request, lambda: answers.decline(found, by=signed_in(request), at=now()), _("Declined; they wait on.")
    )


@require_POST
@requires("scheduling.book_appointment")
def withdrawal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Off the list."""
    found = get_object_or_404(WaitlistEntry, pk=pk)
    return _answered(
        request, lambda: answers.take_off(found, by=signed_in(request), at=now()), _("Taken off the list.")
    )


def _list(request: HttpRequest) -> HttpResponse:
    rows = WaitlistEntry.objects.with_people().in_line()
    status = request.GET.get("status", "")
    if status in Waiting.values:
        rows = rows.filter(status=status)
    elif status != "all":
        rows = rows.on_the_list()
    if request.GET.get("type"):
        rows = rows.filter(appointment_type=written_id(request.GET["type"]))
    if request.GET.get("provider"):
        provider = Provider.objects.filter(pk=written_id(request.GET["provider"])).first()
        rows = rows.for_provider(provider) if provider else rows.none()
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    entries = list(page.object_list)
    record_reads({one.patient_id for one in entries}, "waitlist")
    open_offers = WaitlistOffer.objects.filter(entry__in=entries, status=OfferStatus.OPEN).select_related("provider")
    offers = {one.entry_id: one for one in open_offers}
    at = now()
    context = {
        "rows": [_row(one, offers.get(one.pk), at) for one in entries],
        "page": page,
        "named": request.user.has_perm("patients.view_patient"),
        "statuses": Waiting.choices,
        "types": AppointmentType.objects.active(),
        "providers": Provider.objects.filter(is_active=True),
        "asked": {name: request.GET.get(name, "") for name in ("status", "type", "provider")},
    }
    return render(request, "scheduling/waitlist.html", context)


def _row(entry: WaitlistEntry, standing: WaitlistOffer | None, at: Any) -> dict[str, Any]:
    zone = profile.current().zone
    row: dict[str, Any] = {
        "entry": entry,
        "with": joining.wants(entry),
        "days": f"{date_format(entry.earliest_day, 'j M')} – {date_format(entry.latest_day, 'j M Y')}",
        "waits": (day_of(at, zone) - day_of(entry.created_at, zone)).days,
        "offer": standing,
    }
    if standing is not None:
        starts = on_the_wall(standing.starts_at)
        row["offered"] = f"{date_format(starts, 'D j M')} {starts:%H:%M}, {standing.provider}"
        row["until"] = f"{on_the_wall(standing.expires_at):%H:%M}"
        row["ran_out"] = standing.expires_at <= at
    return row


def _join_page(request: HttpRequest, form: JoinForm, *, status: int = 200) -> HttpResponse:
    who = str(form.data.get("who", "") if form.is_bound else form.initial.get("who", ""))
    chosen = Patient.objects.filter(pk=written_id(form["patient"].value())).first()
    found = find(who, limit=FOUND_AT_MOST) if who.strip() else []
    record_reads({one.pk for one in found} | ({chosen.pk} if chosen else set()), "booking")
    others = [one for one in found if one != chosen]
    context = {"form": form, "who": who, "chosen": chosen, "found": others, **not_yet(request, form)}
    return page_or_panel(request, "scheduling/waitlist_join.html", context, status=status)


def _offer_page(request: HttpRequest, entry: WaitlistEntry, *, problem: str = "", status: int = 200) -> HttpResponse:
    record_read(entry.patient_id, "waitlist")
    times, at = [], now()
    for slot in offering.times_for(entry, at=at):
        starts = on_the_wall(slot.starts_at)
        words = f"{date_format(starts, 'D j M')} {starts:%H:%M}, {slot.provider}"
        times.append((f"{slot.provider.pk} {slot.starts_at.isoformat()}", words))
    context = {
        "entry": entry,
        "with": joining.wants(entry),
        "times": times,
        "stands_for": timesince(at - timedelta(minutes=reception.settings().offers_stand_for), at),
        "problem": problem,
        "named": request.user.has_perm("patients.view_patient"),
    }
    return page_or_panel(request, "scheduling/waitlist_offer.html", context, status=status)


def _answered(request: HttpRequest, rule: Callable[[], object], words: str) -> HttpResponse:
    try:
        rule()
    except Refusal as refused:
        toast(request, str(refused), level=messages.WARNING)
    else:
        toast(request, words)
    return redirect("scheduling:waitlist")


def _to_list(request: HttpRequest) -> HttpResponse:
    if is_panel(request):
        return HttpResponse(headers={"HX-Redirect": "/waitlist/"})
    return redirect("scheduling:waitlist")


def _first_guess(patient: str | None, day: date | None) -> dict[str, Any]:
    today = day_of(now(), profile.current().zone)
    first = AppointmentType.objects.active().first()
    return {
        "patient": patient,
        "appointment_type": first.pk if first else None,
        "earliest_day": max(day or today, today),
        "latest_day": max(day or today, today) + USUAL_WAIT,
    }


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
