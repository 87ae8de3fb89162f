"""The clinic admin's home: charges, receipts and what is owed, day by day, each figure down to its lines."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock, naming
from apps.core.money import MINUS, ZERO
from apps.core.pages import page
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.ledger.accounts import chart
from apps.ledger.reading import patients_named
from apps.ledger.writing import Writer
from apps.reports import charts, drill_down, figures
from apps.reports.figures import CHARGES, CREDIT, FIGURES, OPEN, RECEIPTS, REVENUE, Figure, Overview
from apps.reports.forms import PeriodForm
from apps.reports.periods import Period

CARDS = (CHARGES, RECEIPTS, REVENUE, OPEN)


@requires("reports.view_revenue")
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Charges, receipts, revenue and open balance of a month, or of any days."""
    form, period, today = _asked(request)
    overview = figures.overview(period, today=today)
    write = Writer.of_clinic()
    context = {
        "form": form,
        "period": period,
        "earlier": period.before(),
        "later": period.after() if period.last < today else None,
        "overview": overview,
        "cards": [_card(figure, overview, write) for figure in CARDS],
        "credit": write.money(overview.totals[CREDIT.key]) if overview.totals[CREDIT.key] else "",
        "credit_href": _href(CREDIT, period.first, period.last),
        "chart": _chart(overview, write),
        "rows": _rows(overview, write),
        "totals": {figure.key: write.amount(overview.totals[figure.key]) for figure in CARDS},
        "tills": _tills(overview, write),
        "clinic": profile.current(),
        "export": f"{reverse('reports:export')}?{_query(period.first, period.last)}",
    }
    status = 400 if request.GET and form.errors else 200
    return page(request, "reports/dashboard.html", context, fragment="reports/_dashboard.html", status=status)


@requires("reports.view_revenue")
@require_safe
def figure(request: HttpRequest, key: str) -> HttpResponse:
    """The entries and lines that make a figure; for a balance, the documents on which it is open."""
    asked = FIGURES.get(key) or figures.BY_TILL.get(key)
    if asked is None:
        raise Http404
    form, period, _today = _asked(request)
    context: dict[str, Any] = {"figure": asked, "period": period, "clinic": profile.current(), "form": form}
    if asked.is_standing:
        context |= _standing(request, asked, period)
    else:
        context |= _movement(request, asked, period)
    return render(request, "reports/figure.html", context, status=400 if request.GET and form.errors else 200)


@requires("reports.view_revenue")
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The table of the dashboard as CSV: plain numbers, days as 2026-11-20, no cell that a sheet would run."""
    form, period, today = _asked(request)
    if request.GET and form.errors:
        return refused_sheet(form)
    overview, clinic = figures.overview(period, today=today), profile.current()
    columns = (CHARGES, RECEIPTS, *figures.BY_TILL.values(), REVENUE, OPEN, CREDIT)
    response, sheet = sheet_named(f"revenue-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}.csv")
    sheet.writerow([_("From"), _("To"), *(safe(column.words) for column in columns), _("Currency")])
    for row in overview.rows:
        amounts = [exact(row.amounts[column.key], clinic.currency_info.unit) for column in columns]
        sheet.writerow([row.step.first.isoformat(), row.step.last.isoformat(), *amounts, clinic.currency])
    totals = [exact(overview.totals[column.key], clinic.currency_info.unit) for column in columns]
    sheet.writerow([_("Total"), "", *totals, clinic.currency])
    return response


def _asked(request: HttpRequest) -> tuple[PeriodForm, Period, date]:
    today = clock.day_of(clock.now(), profile.current().zone)
    form = PeriodForm(request.GET)
    period = form.period(today)
    if form.errors:
        return form, period, today
    shown = {"month": period.first if period.is_month else None, "first": period.first, "last": period.last}
    return PeriodForm(initial=shown), period, today


def _card(figure: Figure, overview: Overview, write: Writer) -> dict[str, Any]:
    now, before = overview.totals[figure.key], overview.earlier[figure.key]
    return {
        "figure": figure,
        "amount": write.money(now),
        "change": _change(now, before) if overview.is_comparable else "",
        "rose": now > before,
        "before": write.money(before),
        "before_words": overview.compared.words,
        "spark": charts.sparkline([row.amounts[figure.key] for row in overview.past_rows]),
        "href": _href(figure, overview.period.first, overview.period.last),
    }


def _change(now: Decimal, before: Decimal) -> str:
    """+6 %, or nothing where there is nothing to compare with."""
    if before <= ZERO:
        return ""
    percent = ((now - before) / before * 100).quantize(Decimal(1))
    return f"{MINUS}{-percent}%" if percent < 0 else f"+{percent}%"


def _chart(overview: Overview, write: Writer) -> charts.BarChart:
    groups = []
    for row in overview.rows:
        shown = (CHARGES, RECEIPTS)
        groups.append(
            charts.Group(
                row.step.short,
                [row.amounts[figure.key] for figure in shown],
                [_href(figure, row.step.first, row.step.last) for figure in shown],
                [f"{row.step.words}: {figure.words} {write.money(row.amounts[figure.key])}" for figure in shown],
            )
        )
    return charts.bar_chart(groups, write.currency, write.locale)


def _rows(overview: Overview, write: Writer) -> list[dict[str, Any]]:
    return [
        {
            "words": row.step.words,
            "cells": [
                {
                    "amount": write.amount(row.amounts[figure.key]),
                    "href": _href(figure, row.step.first, row.step.last) if row.amounts[figure.key] else "",
                }
                for figure in CARDS
            ],
        }
        for row in overview.past_rows
    ]


def _tills(overview: Overview, write: Writer) -> list[dict[str, Any]]:
    most = max((abs(overview.totals[role]) for role in figures.TILLS), default=ZERO)
    return [
        {
            "name": chart()[role].name,
            "amount": write.amount(overview.totals[role]),
            "href": _href(figures.BY_TILL[role], overview.period.first, overview.period.last),
            "share": f"{abs(overview.totals[role]) / most * 100:.1f}" if most else "0",
        }
        for role in figures.TILLS
    ]


def _movement(request: HttpRequest, asked: Figure, period: Period) -> dict[str, Any]:
    shown, parts, total = drill_down.parts_of(asked, period, request.GET.get("page"))
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
                    "amount": write.amount(asked.of(line.debit, line.credit)),
                    "patient": patients.get(line.subject) if line.subject else None,
                    "document": documents.get(line.document) if line.document else None,
                }
                for line in part.lines
            ],
        }
        for part in parts
    ]
    return {"page_obj": shown, "parts": rows, "total": write.money(total)}


def _standing(request: HttpRequest, asked: Figure, period: Period) -> dict[str, Any]:
    shown, items, total = drill_down.open_items(asked, period, request.GET.get("page"))
    write = Writer.of_clinic()
    patients = patients_named((item.subject for item in items), request)
    documents = naming.names("document", (item.document for item in items), reader=request.user)
    rows = [
        {
            "amount": write.amount(item.amount),
            "patient": patients.get(item.subject) if item.subject else None,
            "document": documents.get(item.document) if item.document else None,
            "lines": _lines_of(asked, item, period),
        }
        for item in items
    ]
    return {"page_obj": shown, "items": rows, "total": write.money(total)}


def _lines_of(asked: Figure, item: drill_down.OpenItem, period: Period) -> str:
    about = {"subject": item.subject, "document": item.document or "none"} if item.subject else {}
    query = urlencode({"first": "1900-01-01", "last": period.last.isoformat(), **about})
    return f"{reverse('ledger:account', args=[chart()[asked.roles[0]].pk])}?{query}"


def _href(figure: Figure, first: date, last: date) -> str:
    return f"{reverse('reports:figure', args=[figure.key])}?{_query(first, last)}"


def _query(first: date, last: date) -> str:
    return urlencode({"first": first.isoformat(), "last": last.isoformat()})
