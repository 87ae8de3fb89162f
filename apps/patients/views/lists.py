"""Find a patient: the list of those dealt with last, and the search."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.pages import wants_fragment
from apps.patients import search, typed
from apps.patients.forms.patients import ListForm, SearchForm
from apps.patients.lines import lines_of
from apps.patients.models import Patient
from apps.patients.views.shared import signed_in_as

PER_PAGE = 25
MOST_FOUND = 50
MOST_CHOICES = 8  # below the bar, where more would not be read


@require_safe
@requires("patients.view_patient")
def patient_list(request: HttpRequest) -> HttpResponse:
    """Those dealt with last, or what an earlier search found (?find=…)."""
    form = ListForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    today = day_of(now(), profile.current().zone)
    token = request.GET.get("find", "")
    words = typed.opened(token, by=signed_in_as(request).pk, at=now()) if token else ""
    if words:
        return render(request, "patients/list.html", {"form": form, "find": token, **_found(words, chosen, today)})
    patients = Patient.objects.as_listed(**chosen).only(*search.LINE).recent_first()
    rows = Paginator(patients, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "patients/list.html", {"form": form, "page_obj": rows, "lines": _shown(list(rows), today)})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("patients.view_patient")
def patient_search(request: HttpRequest) -> HttpResponse:
    """Search by name, phone, date of birth or number. A POST: what was typed stays out of addresses and logs.

    Whoever is found alone is opened at once. htmx gets the lines only.
    """
    if request.method != "POST":
        return redirect("patients:list")
    form = SearchForm(request.POST)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    today = day_of(now(), profile.current().zone)
    if wants_fragment(request):
        return _fragment(request, words, today)
    if not words:
        return redirect("patients:list")
    found = search.find(words, limit=2, today=today)
    if len(found) == 1:
        return redirect("patients:patient", found[0].pk)
    return redirect(f"{reverse('patients:list')}?{urlencode({'find': _token(request, words)})}")


def _fragment(request: HttpRequest, words: str, today: date) -> HttpResponse:
    """The bar's search gets a short list to choose from, the page's search gets its rows."""
    token = words and _token(request, words)
    if request.headers.get("HX-Target") != "found-patients":
        return render(request, "patients/_rows.html", {**_found(words, {}, today), "find": token})
    found = _found(words, {}, today, limit=MOST_CHOICES) if words else {}
    return render(request, "patients/_choices.html", {**found, "find": token})


def _found(words: str, chosen: dict[str, Any], today: date, *, limit: int = MOST_FOUND) -> dict[str, Any]:
    if not words:
        recent = Patient.objects.active().only(*search.LINE).recent_first()[:PER_PAGE]
        return {"lines": _shown(list(recent), today), "words": ""}
    inactive_too = chosen.get("status") in {"inactive", "all"}
    flag = {"vip": "is_vip", "blocked": "is_blocked"}.get(chosen.get("flag", ""), "")
    patients = search.find(words, limit=limit + 1, inactive_too=inactive_too, flag=flag, today=today)
    if not patients and not inactive_too:  # better to see the deactivated than to register them again
        patients = search.find(words, limit=limit + 1, inactive_too=True, flag=flag, today=today)
    if chosen.get("status") == "inactive":
        patients = [patient for patient in patients if not patient.is_active]
    return {"lines": _shown(patients[:limit], today), "words": words, "is_all": len(patients) <= limit}


def _shown(patients: list[Patient], today: date) -> list[Any]:
    record_reads({patient.pk for patient in patients}, "list")
    return lines_of(patients, today=today)


def _token(request: HttpRequest, words: str) -> str:
    return typed.sealed(words, by=signed_in_as(request).pk, at=now())
