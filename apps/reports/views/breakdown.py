"""Revenue by day, month, provider, department, kind of visit or method: as a page, for a spreadsheet and on paper."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock
from apps.core.money import ZERO
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.ledger.documents.papers import Column, Paper, Sheet, as_pdf, too_long
from apps.ledger.documents.papers import Row as PaperRow
from apps.ledger.writing import Writer
from apps.reports import breakdown
from apps.reports.asking import AskedPeriod, period_asked
from apps.reports.breakdown import COLUMNS, NOBODY, WAYS, Breakdown, Row
from apps.reports.forms import BreakdownForm


@requires("reports.view_revenue")
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Each amount leads to the entries that make it."""
    asked, found = _asked(request)
    write = Writer.of_clinic()
    most = max((abs(row.earned) for row in found.rows), default=ZERO)
    context = {
        "form": asked.form,
        "asked": asked,
        "by": found.by,
        "by_words": WAYS[found.by],
        "heads": [_head(column) for column in found.columns],
        "rows": [
            {
                "words": row.words,
                "share": f"{abs(row.earned) / most * 100:.1f}" if most else "0",
                "cells": [_cell(row, column, found, asked, write) for column in found.columns],
            }
            for row in found.rows
        ],
        "totals": [
            {"amount": write.amount(found.total(column)), "href": _href(column, asked)} for column in found.columns
        ],
        "notes": breakdown.notes(found.by),
        "clinic": profile.current(),
        "query": asked.query(by=found.by),
    }
    return render(request, "reports/breakdown.html", context, status=400 if asked.is_refused else 200)


@requires("reports.view_revenue")
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The same for a spreadsheet: plain numbers, no cell that a sheet would run."""
    asked, found = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    clinic = profile.current()
    response, sheet = sheet_named(f"revenue-by-{found.by}-{asked.for_name}.csv")
    sheet.writerow([safe(WAYS[found.by]), *(_head(column) for column in found.columns), _("Currency")])
    for row in found.rows:
        amounts = [exact(getattr(row, column), clinic.currency_info.unit) for column in found.columns]
        name = row.key if found.by in {"day", "month"} else row.words
        sheet.writerow([safe(name), *amounts, clinic.currency])
    totals = [exact(found.total(column), clinic.currency_info.unit) for column in found.columns]
    sheet.writerow([_("Total"), *totals, clinic.currency])
    return response


@requires("reports.view_revenue")
@require_safe
def paper(request: HttpRequest) -> HttpResponse:
    """The same on paper."""
    asked, found = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    if refused := too_long(len(found.rows)):
        return refused
    write = Writer.of_clinic()
    columns = [Column(WAYS[found.by], grows=True), *(Column(_head(column), amount=True) for column in found.columns)]
    rows = [
        PaperRow([row.words, *(write.amount(getattr(row, column)) for column in found.columns)]) for row in found.rows
    ]
    totals = [write.amount(found.total(column)) for column in found.columns]
    rows.append(PaperRow([_("In all"), *totals], strong=True))
    return as_pdf(
        Paper(
            _("Revenue by %(by)s") % {"by": str(WAYS[found.by]).lower()},
            asked.all_words,
            [Sheet(columns, rows)],
            notes=breakdown.notes(found.by),
            name=f"revenue-by-{found.by}-{asked.for_name}",
        ),
        at=clock.now(),
    )


def _asked(request: HttpRequest) -> tuple[AskedPeriod, Breakdown]:
    asked = period_asked(request, BreakdownForm)
    by = "day" if asked.is_refused else str(asked.form.initial["by"])
    return asked, breakdown.breakdown(by, asked.period, known_at=asked.known_at)


def _head(column: str) -> str:
    return {"charged": _("Charged"), "earned": _("Earned"), "received": _("Received")}[column]


def _cell(row: Row, column: str, found: Breakdown, asked: AskedPeriod, write: Writer) -> dict[str, Any]:
    amount = getattr(row, column)
    return {"amount": write.amount(amount), "href": _href(column, asked, found.by, row) if amount else ""}


def _href(column: str, asked: AskedPeriod, by: str = "", row: Row | None = None) -> str:
    """Where the lines are that make an amount: those of the row's days, or of its provider, kind, method …"""
    if row is None:
        query = asked.query()
    elif days := row.days:
        query = asked.query(max(days[0], asked.period.first), min(days[1], asked.period.last))
    else:
        query = asked.query(by=by, of=row.key or NOBODY)
    return f"{reverse('reports:figure', args=[COLUMNS[column].key])}?{query}"
