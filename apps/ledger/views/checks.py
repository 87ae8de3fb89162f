"""The check of the books: what was proved, what was found, and a button to prove it again."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock, naming
from apps.core.naming import Name
from apps.core.pages import page
from apps.ledger.checking import checks, running, wording
from apps.ledger.models import BookCheck, BookCheckResult
from apps.ledger.writing import Writer

EARLIER = 30  # a month of nights


@requires("ledger.view_journal")
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """The last check of the books, and those before it. While one is under way the page looks again by itself."""
    last = running.last()
    earlier = BookCheck.objects.newest_first().select_related("by")
    context = {
        "last": last,
        "results": _told(last, request) if last else [],
        "earlier": list(earlier.exclude(pk=last.pk)[:EARLIER]) if last else [],
        "waiting": running.waiting(),
        "clinic": profile.current(),
    }
    return page(request, "ledger/check.html", context, fragment="ledger/_check.html")


@requires("ledger.view_journal")
@require_safe
def earlier_check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was found at another time."""
    found = get_object_or_404(BookCheck.objects.newest_first().select_related("by").prefetch_related("results"), pk=pk)
    context = {"last": found, "results": _told(found, request), "clinic": profile.current()}
    return render(request, "ledger/earlier_check.html", context)


@requires("ledger.view_journal")
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Have the books checked now: by a worker, because years of them take longer than a page may."""
    running.ask(by=request.user, at=clock.now())  # type: ignore[arg-type]
    return redirect("ledger:check")


def _told(run: BookCheck, request: HttpRequest) -> list[dict[str, Any]]:
    """Each check in plain language with what it found: what is wrong comes first."""
    results = sorted(run.results.all(), key=lambda result: (not result.found, result.place))
    named, write = _names(results, request), Writer.of_clinic()
    return [
        {
            "result": result,
            "title": wording.title(result),
            "check": checks.find(result.code),
            "more": result.found - len(result.findings),
            "findings": [
                {"name": named.get((finding["kind"], finding["id"])) or _unnamed(finding), "words": words}
                for finding, words in wording.sentences(result, write)
            ],
        }
        for result in results
    ]


def _names(results: list[BookCheckResult], request: HttpRequest) -> dict[tuple[str, str], Name]:
    """Where each thing that is wrong can be looked at, as far as the reader may. Keyed by kind and id."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for result in results:
        for finding in result.findings:
            if finding["id"]:
                wanted[finding["kind"]].add(UUID(finding["id"]))
    return {
        (kind, str(pk)): name
        for kind, ids in wanted.items()
        for pk, name in naming.names(kind, ids, reader=request.user).items()
    }


def _unnamed(finding: dict[str, Any]) -> Name:
    """A number that is missing has no page; the sum of all accounts has one."""
    if finding["kind"] == "trial_balance":
        return Name(_("Trial balance"), reverse("ledger:trial_balance"))
    return Name(finding["number"])
