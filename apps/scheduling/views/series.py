"""Appointments that repeat: shown before they are booked, then changed or cancelled from one on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, now
from apps.core.forms import typed
from apps.core.ids import new_id
from apps.core.pages import wants_fragment, written_id
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.models import Patient
from apps.patients.search import find
from apps.scheduling.fitting import PatientElsewhere
from apps.scheduling.forms.appointments import CancelForm
from apps.scheduling.forms.series import FollowingForm, SeriesForm
from apps.scheduling.missed import charges_for_cancelling
from apps.scheduling.models import Appointment, AppointmentSeries, AppointmentType
from apps.scheduling.repeating import series
from apps.scheduling.repeating.plans import Plan, Visit
from apps.scheduling.repeating.recurrence import Rule, in_words
from apps.scheduling.repeating.series import RuleChanged, SeriesConflict
from apps.scheduling.views.appointments import in_money
from apps.scheduling.views.showing import asked_day, not_yet, on_the_wall, page_or_panel, signed_in

FOUND_AT_MOST = 6


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
def new_series(request: HttpRequest) -> HttpResponse:
    """Book an appointment that repeats: first all dates with what is in the way, then all of them or none."""
    by = signed_in(request)
    if request.method != "POST":
        return _series_page(request, SeriesForm(by=by, initial=_first_guess(request)))
    if "find" in request.POST or "begin" in request.POST:  # the search without JavaScript; from the booking form
        begun = {**typed(SeriesForm, request.POST), "who": request.POST.get("who", "")}
        return _series_page(request, SeriesForm(by=by, initial={**_first_guess(request), **_given(begun)}))
    form = SeriesForm(request.POST, by=by)
    if not form.is_valid():
        return _series_page(request, form, status=400)
    is_booking = "book" in request.POST
    plan: Plan | None = None
    try:
        plan = series.preview(form.rule(), **form.people(), at=now())
        if is_booking and form.cleaned_data["shown"] != form.fingerprint():
            raise RuleChanged
        if is_booking:
            words = {"reason": form.cleaned_data["reason"], "key": form.cleaned_data["key"]}
            made = series.book_series(form.rule(), **form.people(), **words, instead=form.chosen(), by=by, at=now())
            return _booked(request, made)
    except Refusal as refusal:
        form.refuse(refusal)
        if isinstance(refusal, SeriesConflict):
            plan = _with_conflicts(plan, refusal.plans[0])
        return _series_page(request, form, plan, status=refusal.status)
    return _series_page(request, form, plan)


@require_GET
@requires("scheduling.view_appointment")
def one_series(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A series: its rule and its visits."""
    found = get_object_or_404(AppointmentSeries.objects.with_people(), pk=pk)
    record_read(found.patient_id, "appointment")
    visits = Appointment.objects.filter(series=found).with_people().with_place_in_series().order_by("starts_at")
    context = {
        "series": found,
        "words": in_words(Rule.of(found)),
        "named": request.user.has_perm("patients.view_patient"),
        "visits": [(one, on_the_wall(one.starts_at)) for one in visits],
    }
    return render(request, "scheduling/series.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
def following(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change this visit of a series, or this and the following ones."""
    found = _fetched(pk)
    form = FollowingForm(request.POST if request.method == "POST" else None, appointment=found, by=signed_in(request))
    if request.method == "POST" and form.is_valid():
        try:
            changed = series.change_following(found, **form.change(), by=signed_in(request), at=now())
        except Refusal as refusal:
            form.refuse(refusal)
            conflicts = refusal.conflicts if isinstance(refusal, SeriesConflict) else ()
            return _following_page(request, found, form, conflicts, status=refusal.status)
        words = ngettext("One appointment is changed.", "%(count)s appointments are changed.", len(changed))
        toast(request, words % {"count": len(changed)})
        return _away(request, found)
    return _following_page(request, found, form, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.book_appointment")
def following_cancellation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel this visit of a series and the following ones."""
    found = _fetched(pk)
    costs = [cost for row in series.following(found) for cost in charges_for_cancelling(row, at=now())]
    sent = request.POST if request.method == "POST" else None
    form = CancelForm(sent, fee=in_money(costs), by=signed_in(request))
    status = 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            gone = series.cancel_following(
                found, reason=form.cleaned_data["reason"], answer=form.answer(), by=signed_in(request), at=now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            words = ngettext("One appointment is cancelled.", "%(count)s appointments are cancelled.", len(gone))
            toast(request, words % {"count": len(gone)})
            return _away(request, found)
    context = {"form": form, **_of(request, found)}
    return _shown(request, "scheduling/series_cancel.html", context, status=status)


def _series_page(
    request: HttpRequest, form: SeriesForm, plan: Plan | None = None, *, status: int = 200
) -> HttpResponse:
    who = form.data.get("who", "") if form.is_bound else form.initial.get("who", "")
    chosen = Patient.objects.filter(pk=written_id(form["patient"].value())).first()
    found = find(who, limit=FOUND_AT_MOST) if str(who).strip() else []
    record_reads({one.pk for one in found} | ({chosen.pk} if chosen else set()), "booking")
    context: dict[str, Any] = {
        "form": form,
        "who": who,
        "chosen": chosen,
        "found": [one for one in found if one != chosen],
        "key": form["key"].value() or new_id(),
        "named": request.user.has_perm("patients.view_patient"),
        **not_yet(request, form),
    }
    if plan is not None:
        choices = form.chosen() if form.refusal and not isinstance(form.refusal, RuleChanged) else {}
        context |= {
            "words": in_words(form.rule()),
            "shown": form.fingerprint(),
            "rows": [_row(visit, choices) for visit in plan.visits],
            "conflicts": len(plan.conflicts),
            "elsewhere": any(visit.code == PatientElsewhere.code for visit in plan.visits),
        }
    return _shown(request, "scheduling/new_series.html", context, status=status)


def _row(visit: Visit, choices: dict[Any, datetime | None]) -> dict[str, Any]:
    """One date as the page shows it, with what may be chosen for it."""
    nearest = visit.nearest.starts_at if visit.nearest else None
    chosen = choices.get(visit.day, visit.starts_at)
    left_out = visit.day in choices and choices[visit.day] is None
    is_same_day = nearest is not None and day_of(nearest, profile.current().zone) == visit.day
    return {
        "visit": visit,
        "day": date_format(visit.day, "D j M Y"),
        "wall": _wall(visit.starts_at),
        "value": chosen.isoformat() if chosen else "",
        "left_out": left_out,
        "nearest": nearest.isoformat() if nearest else "",
        "nearest_words": f"{date_format(on_the_wall(nearest), 'D j M')} {_wall(nearest)}" if nearest else "",
        "takes_nearest": is_same_day and not left_out,
        "in_the_way": [(one, f"{_wall(one.starts_at)}–{_wall(one.ends_at)}") for one in visit.in_the_way],
    }


def _wall(moment: datetime | None) -> str:
    return f"{on_the_wall(moment):%H:%M}" if moment else ""


def _with_conflicts(plan: Plan | None, judged: Plan) -> Plan:
    """All dates of the rule, with what is now known of those that were tried."""
    known = {visit.day: visit for visit in judged.visits}
    if plan is None:
        return judged
    plan.visits = [known.get(visit.day, visit) for visit in plan.visits]
    return plan


def _booked(request: HttpRequest, made: AppointmentSeries) -> HttpResponse:
    count = made.appointments.count()
    toast(
        request, ngettext("One appointment is booked.", "%(count)s appointments are booked.", count) % {"count": count}
    )
    return _to(request, reverse("scheduling:series", args=[made.pk]))


def _following_page(
    request: HttpRequest, found: Appointment, form: FollowingForm, conflicts: Sequence[Visit] = (), *, status: int = 200
) -> HttpResponse:
    rows = [_row(visit, {}) for visit in conflicts]
    elsewhere = any(visit.code == PatientElsewhere.code for visit in conflicts)
    context = {"form": form, "conflicts": rows, "elsewhere": elsewhere, **_of(request, found)}
    return _shown(request, "scheduling/series_change.html", context, status=status)


def _of(request: HttpRequest, found: Appointment) -> dict[str, Any]:
    record_read(found.patient_id, "appointment")
    rows = series.following(found)
    return {
        "appointment": found,
        "named": request.user.has_perm("patients.view_patient"),
        "following": [(row, on_the_wall(row.starts_at)) for row in rows],
    }


def _shown(request: HttpRequest, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    return page_or_panel(request, template, context, status=status)


def _away(request: HttpRequest, found: Appointment) -> HttpResponse:
    return _to(request, reverse("scheduling:series", args=[found.series_id]))


def _to(request: HttpRequest, url: str) -> HttpResponse:
    """Many columns have changed: a sheet that is open is drawn anew when its reader comes back to it."""
    if wants_fragment(request):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def _fetched(pk: UUID) -> Appointment:
    rows = Appointment.objects.with_people().with_place_in_series().filter(series__isnull=False)
    return get_object_or_404(rows, pk=pk)


def _first_guess(request: HttpRequest) -> dict[str, Any]:
    providers = Provider.objects.filter(is_active=True)
    provider = providers.filter(user=signed_in(request)).first() or providers.first()
    appointment_type = AppointmentType.objects.active().first()
    return {
        "provider": provider.pk if provider else None,
        "appointment_type": appointment_type.pk if appointment_type else None,
        "patient": request.GET.get("patient"),
        "day": asked_day(request),
    }


def _given(begun: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in begun.items() if value not in ("", [], None)}
