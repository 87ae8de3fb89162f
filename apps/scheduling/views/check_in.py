"""Checking in: the plain one, walk-ins, and the token on paper. The one with money is in billing and builds on this."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.pages import wants_fragment, way_back, written_id
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.core.typesetting import pdf_answer
from apps.patients.models import Patient
from apps.scheduling.arrival import reception
from apps.scheduling.arrival.paper import shown_on_token, token_pdf
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.forms.reception import WalkInForm
from apps.scheduling.models import Appointment, Status
from apps.scheduling.views.appointments import told_of
from apps.scheduling.views.booking import found_patients
from apps.scheduling.views.showing import is_panel, not_yet, on_the_wall, place_of, redrawn, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.record_attendance")
def check_in(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Check a patient in without talking about money."""
    found = _fetched(pk)
    if request.method != "POST":
        record_read(found.patient_id, "check_in")
        return draw(request, "scheduling/check_in.html", check_in_context(request, found))
    confirmed = bool(request.POST.get("details_confirmed"))
    try:
        arrived = reception.check_in(found, by=signed_in(request), at=now(), details_confirmed=confirmed)
    except Refusal as refusal:
        record_read(found.patient_id, "check_in")
        context = {**check_in_context(request, found), "refusal": refusal, "confirmed": confirmed}
        return draw(request, "scheduling/check_in.html", context, status=refusal.status)
    return after_check_in(request, arrived, "scheduling/check_in.html", {})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
@requires("scheduling.record_attendance")
def walk_in(request: HttpRequest) -> HttpResponse:
    """Somebody stands at the desk without an appointment: book the first free time today, then check them in."""
    form = WalkInForm(request.POST if request.method == "POST" else None, by=signed_in(request))
    if request.method != "POST" or "find" in request.POST:
        if "find" in request.POST:
            form = WalkInForm(by=signed_in(request), initial=request.POST.dict())
        else:
            form.initial = {"patient": request.GET.get("patient"), "provider": request.GET.get("provider")}
        return _walk_in_page(request, form)
    if not form.is_valid():
        return _walk_in_page(request, form, status=400)
    talks_money = _may_take_money(request)
    try:
        visit = reception.walk_in(**form.details(), arrives=not talks_money, by=signed_in(request), at=now())
    except Refusal as refusal:
        form.refuse(refusal)
        return _walk_in_page(request, form, status=refusal.status)
    if not talks_money:
        return after_check_in(request, _fetched(visit.pk), "scheduling/check_in.html", {})
    toast(request, _("Booked: %(when)s.") % {"when": f"{on_the_wall(visit.starts_at):%H:%M}, {visit.provider}"})
    if is_panel(request):
        context = {"appointment": visit, "check_in_url": check_in_url(request, visit), "named": True}
        answer = render(request, "scheduling/_check_in_panel.html", context)
        answer.content += _columns(request, visit)
        return answer
    return redirect(check_in_url(request, visit))


@require_GET
@requires("scheduling.view_appointment")
def token(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The token as a page to print from the browser, or with ?paper=roll as PDF for the 80 mm printer."""
    found = _fetched(pk)
    ticket = ticket_of(found)
    if ticket is None:
        return redirect("scheduling:appointment", pk=pk)
    record_read(found.patient_id, "token")
    if request.GET.get("paper") == "roll":
        return pdf_answer(token_pdf(ticket, found, at=now()), ticket.token)
    context = {
        "ticket": ticket,
        "appointment": found,
        "issued": on_the_wall(ticket.issued_at),
        "shown": shown_on_token(found.patient),
        "clinic": profile.current(),
    }
    return render(request, "scheduling/token.html", context)


def check_in_url(request: HttpRequest, appointment: Appointment) -> str:
    """Where this person checks a patient in: with money where they may take it, else plainly."""
    if _may_take_money(request):
        return reverse("billing:check_in", args=[appointment.pk])
    return reverse("scheduling:check_in", args=[appointment.pk])


def check_in_context(request: HttpRequest, found: Appointment) -> dict[str, Any]:
    """What both check-ins show: who, when, what is missing; and the token once they are here."""
    at, zone = now(), profile.current().zone
    day = day_of(found.starts_at, zone)
    return {
        "appointment": found,
        "named": request.user.has_perm("patients.view_patient"),
        "starts": on_the_wall(found.starts_at),
        "ends": on_the_wall(found.ends_at),
        "zone": found.starts_at.astimezone(zone).tzname(),
        "opens_on": day if day > day_of(at, zone) else None,  # earlier it is refused
        "ready": reception.readiness(found.patient, reader=signed_in(request), at=at),
        "is_expected": found.status == Status.SCHEDULED,
        "ticket": ticket_of(found),
        "here_url": check_in_url(request, found),
        # A page that shows what others change shows this as well; any other is read again when the panel closes.
        "is_live": bool(request.headers.get("X-Sheet") or request.headers.get("X-Lives")),
    }


def draw(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The part that the appointment's panel holds, or the whole page."""
    if wants_fragment(request):
        return render(request, f"{template}#part", {**context, "in_panel": True}, status=status)
    return render(request, template, context, status=status)


def after_check_in(request: HttpRequest, arrived: Appointment, template: str, context: dict[str, Any]) -> HttpResponse:
    """The token and what can be printed, in the panel; an open sheet gets its column anew."""
    if not wants_fragment(request):
        toast(request, _("Checked in: %(when)s, %(number)s.") % told_of(arrived))
        here = reverse(_name_of(template), args=[arrived.pk])
        return HttpResponseRedirect(way_back(request, here))
    record_read(arrived.patient_id, "check_in")
    whole = {**check_in_context(request, arrived), **context, "in_panel": True}
    answer = render(request, f"{template}#panel", whole)
    answer.content += _columns(request, arrived)
    answer["HX-Retarget"] = "#panel"
    if request.headers.get("X-Lives"):
        answer["HX-Trigger"] = "live-now"
    return answer


def _name_of(template: str) -> str:
    return template.removesuffix(".html").replace("/", ":")


def _columns(request: HttpRequest, visit: Appointment) -> bytes:
    zone = profile.current().zone
    provider_id, moment = place_of(visit)
    columns = redrawn(request, [(provider_id, moment.astimezone(zone).date())])
    if columns is None:
        return b""
    context = {"columns": columns, "beside": True}
    return render_to_string("scheduling/_columns_beside.html", context, request=request).encode()


def _walk_in_page(request: HttpRequest, form: WalkInForm, *, status: int = 200) -> HttpResponse:
    who = form.data.get("who", "") if form.is_bound else form.initial.get("who", "")
    chosen = Patient.objects.filter(pk=written_id(form["patient"].value())).first()
    found = [one for one in found_patients(who) if one != chosen]
    if chosen:
        record_read(chosen.pk, "booking")
    times = form.first_times(now())
    context = {"form": form, "who": who, "chosen": chosen, "found": found, "times": times, **not_yet(request, form)}
    template = "scheduling/walk_in.html"
    if is_panel(request):
        return render(request, f"{template}#panel", {**context, "in_panel": True}, status=status)
    return render(request, template, context, status=status)


def _may_take_money(request: HttpRequest) -> bool:
    """Whether the house takes money at check-in, and this person may."""
    try:
        reverse("billing:check_in", args=[UUID(int=0)])
    except NoReverseMatch:
        return False
    return request.user.has_perm("billing.receive_payment") and request.user.has_perm("scheduling.record_attendance")


def _fetched(pk: UUID) -> Appointment:
    rows = Appointment.objects.select_related("patient", "provider__room", "appointment_type", "booked_by")
    return get_object_or_404(rows, pk=pk)
