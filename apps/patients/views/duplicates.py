"""The work list of likely duplicates."""

from typing import Any
from uuid import UUID

from django.contrib.messages import WARNING
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients import review
from apps.patients.lines import line_of
from apps.patients.models import DuplicatePair, DuplicateSearch, Patient
from apps.patients.views.shared import signed_in_as

PER_PAGE = 20


@require_safe
@requires("patients.review_duplicates")
def pairs(request: HttpRequest) -> HttpResponse:
    """Pairs that look like one person, the likeliest first; ?show=dismissed for those that somebody told apart."""
    dismissed = request.GET.get("show") == "dismissed"
    rows = DuplicatePair.objects.dismissed() if dismissed else DuplicatePair.objects.to_review()
    rows = rows.select_related("one", "other", "dismissed_by").order_by("-points", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    today = day_of(now(), profile.current().zone)
    shown = list(page)
    record_reads({pk for pair in shown for pk in (pair.one_id, pair.other_id)}, "duplicates")
    context: dict[str, Any] = {
        "page_obj": page,
        "dismissed": dismissed,
        "pairs": [
            {
                "pair": pair,
                "lines": [line_of(patient, today=today) for patient in (pair.one, pair.other)],
                "reasons": review.likeness(pair, today=today)[1],
                "is_certain": pair.points >= 100,
                **_order(pair),
            }
            for pair in shown
        ],
        "search": DuplicateSearch.objects.first(),
        "zone": profile.current().zone,
    }
    return render(request, "patients/duplicates.html", context)


@require_POST
@requires("patients.review_duplicates")
def search(request: HttpRequest) -> HttpResponse:
    """Compare the whole register with itself, in the background."""
    review.ask_for_all(at=now())
    toast(request, _("The register is being compared. New pairs appear here as they are found."))
    return redirect("patients:duplicates")


@require_POST
@requires("patients.review_duplicates")
def dismissal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Not the same person; with undo=yes: perhaps they are."""
    pair = get_object_or_404(DuplicatePair, pk=pk)
    undo = request.POST.get("undo") == "yes"
    try:
        (review.take_back if undo else review.dismiss)(pair, by=signed_in_as(request), at=now())
    except Refusal as refusal:
        toast(request, str(refusal), level=WARNING)
    else:
        here = reverse("patients:dismissal", args=[pair.pk])
        if undo:
            toast(request, _("Back on the list."))
        else:
            toast(request, _("Noted: two people."), undo_url=here, undo_fields={"undo": "yes"})
    return redirect("patients:duplicates")


@require_POST
@requires("patients.review_duplicates")
def told_apart(request: HttpRequest, pk: UUID, other: UUID) -> HttpResponse:
    """The same for any two records that somebody compared."""
    one, another = get_object_or_404(Patient, pk=pk), get_object_or_404(Patient, pk=other)
    try:
        pair = review.dismiss_two(one, another, by=signed_in_as(request), at=now())
    except Refusal as refusal:
        toast(request, str(refusal), level=WARNING)
    else:
        here = reverse("patients:dismissal", args=[pair.pk])
        toast(request, _("Noted: two people."), undo_url=here, undo_fields={"undo": "yes"})
    return redirect("patients:duplicates")


def _order(pair: DuplicatePair) -> dict[str, Any]:
    """The record that was there first is proposed to stay."""
    first, second = sorted((pair.one, pair.other), key=lambda patient: (patient.registered_at, patient.number))
    return {"first": first, "second": second}
