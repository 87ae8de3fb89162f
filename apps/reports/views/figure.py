"""From a figure down to the entries and lines that make it, or to the documents on which a balance is open."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import naming
from apps.ledger.accounts import chart
from apps.ledger.reading import patients_named
from apps.ledger.writing import Writer
from apps.reports import breakdown, drill_down, figures
from apps.reports.asking import AskedPeriod, period_asked
from apps.reports.figures import FIGURES, Figure


@requires("reports.view_revenue")
@require_safe
def figure(request: HttpRequest, key: str) -> HttpResponse:
    """What makes a figure of the dashboard; with ``?by=`` and ``?of=`` what makes one row of a breakdown."""
    shown = FIGURES.get(key) or figures.BY_TILL.get(key)
    if shown is None:
        raise Http404
    asked = period_asked(request)
    context: dict[str, Any] = {
        "figure": shown,
        "asked": asked,
        "period": asked.period,
        "clinic": profile.current(),
        "form": asked.form,
        "back": f"{reverse('reports:dashboard')}?{asked.query()}",
    }
    if shown.is_standing:
        context |= _standing(request, shown, asked)
    else:
        context |= _movement(request, shown, asked)
    return render(request, "reports/figure.html", context, status=400 if asked.is_refused else 200)


def _movement(request: HttpRequest, shown: Figure, asked: AskedPeriod) -> dict[str, Any]:
    row: dict[str, Any] = {}
    summed, only = shown, None
    if by := request.GET.get("by", ""):
        of = request.GET.get("of", "")
        try:
            summed, only = breakdown.part_of(shown, by, of)
        except ValueError:
            raise Http404 from None
        back = f"{reverse('reports:breakdown')}?{asked.query(by=by)}"
        row = {"row_words": breakdown.words_of(by, of), "back": back}
    page, parts, total = drill_down.parts_of(
        summed, asked.period, request.GET.get("page"), only=only, known_at=asked.known_at
    )
    write = Writer.of_clinic()
    lines = [line for part in parts for line in part.lines]
    patients = patients_named((line.subject for line in lines), request)
    documents = naming.names("document", (line.document for line in lines), reader=request.user)
    rows = [
        {
            "entry": part.entry,
            "amount": write.amount(part.amount),
            "lines": [
                {
                    "account": line.account,
                    "amount": write.amount(summed.of(line.debit, line.credit)),
                    "patient": patients.get(line.subject) if line.subject else None,
                    "document": documents.get(line.document) if line.document else None,
                }
                for line in part.lines
            ],
        }
        for part in parts
    ]
    return {"page_obj": page, "parts": rows, "total": write.money(total), **row}


def _standing(request: HttpRequest, shown: Figure, asked: AskedPeriod) -> dict[str, Any]:
    page, items, total = drill_down.open_items(shown, asked.period, request.GET.get("page"), known_at=asked.known_at)
    write = Writer.of_clinic()
    patients = patients_named((item.subject for item in items), request)
    documents = naming.names("document", (item.document for item in items), reader=request.user)
    rows = [
        {
            "amount": write.amount(item.amount),
            "patient": patients.get(item.subject) if item.subject else None,
            "document": documents.get(item.document) if item.document else None,
            "lines": _lines_of(shown, item, asked),
        }
        for item in items
    ]
    return {"page_obj": page, "items": rows, "total": write.money(total)}


def _lines_of(shown: Figure, item: drill_down.OpenItem, asked: AskedPeriod) -> str:
    query = {"first": "", "last": asked.period.last.isoformat()}
    query |= {"subject": str(item.subject or "none"), "document": str(item.document or "none")}
    if asked.known_at:
        query["known"] = asked.known_asked
    return f"{reverse('ledger:account', args=[chart()[shown.roles[0]].pk])}?{urlencode(query)}"
