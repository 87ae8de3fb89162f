"""The lines that make a figure, whichever page it stands on: from an amount to the entries and their papers."""

from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import naming
from apps.ledger.accounts import chart
from apps.ledger.asking import AskedDays, days_asked
from apps.ledger.lines import Figure, read
from apps.ledger.reading import patients_named
from apps.ledger.writing import Writer

LINES_A_PAGE = 100


@requires("ledger.view_journal")
@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    """Each line with what it adds, and their sum: it is the figure."""
    figure, asked = _asked(request)
    shown = Paginator(figure.lines().select_related("entry", "account"), LINES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "accounts": [chart()[role] for role in figure.roles],
        "asked": asked,
        "rows": _rows(figure, list(shown.object_list), request),
        "total": Writer.of_clinic().money(figure.total()),
        "page_obj": shown,
        "clinic": profile.current(),
    }
    return render(request, "ledger/lines.html", context, status=400 if asked.is_refused else 200)


def _asked(request: HttpRequest) -> tuple[Figure, AskedDays]:
    try:
        figure = read(request.GET)
    except ValueError:
        raise Http404 from None
    asked = days_asked(request, all_days=True)
    return replace(figure, first=asked.first, last=asked.last, known_at=asked.known_at), asked


def _rows(figure: Figure, shown: list[Any], request: HttpRequest) -> list[dict[str, Any]]:
    write = Writer.of_clinic()
    patients = patients_named((line.subject for line in shown), request)
    documents = naming.names("document", (line.document for line in shown), reader=request.user)
    return [
        {
            "line": line,
            "amount": write.amount(figure.of(line.debit, line.credit)),
            "patient": patients.get(line.subject) if line.subject else None,
            "document": documents.get(line.document) if line.document else None,
        }
        for line in shown
    ]
