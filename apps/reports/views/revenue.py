"""The clinic admin's home: charges, receipts and what is owed, day by day, each figure down to its lines."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core.money import MINUS, ZERO
from apps.core.pages import page
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.ledger.accounts import chart
from apps.ledger.writing import Writer
from apps.reports import charts, figures
from apps.reports.asking import AskedPeriod, period_asked
from apps.reports.figures import CHARGES, CREDIT, OPEN, RECEIPTS, REVENUE, Figure, Overview
from apps.reports.periods import Step

CARDS = (CHARGES, RECEIPTS, REVENUE, OPEN)


@requires("reports.view_revenue")
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Charges, receipts, revenue and open balance of a month, or of any days."""
    asked = period_asked(request)
    period = asked.period
    overview = figures.overview(period, today=asked.today, known_at=asked.known_at)
    write = Writer.of_clinic()
    context = {
        "form": asked.form,
        "asked": asked,
        "period": period,
        "earlier": period.before(),
        "later": period.after() if period.last < asked.today else None,
        "overview": overview,
        "cards": [_card(figure, overview, asked, write) for figure in CARDS],
        "credit": write.money(overview.totals[CREDIT.key]) if overview.totals[CREDIT.key] else "",
        "credit_href": _href(CREDIT, asked),
        "chart": _chart(overview, asked, write),
        "rows": _rows(overview, asked, write),
        "tills": _tills(overview, asked, write),
        "clinic": profile.current(),
        "export": f"{reverse('reports:export')}?{asked.query()}",
    }
    status = 400 if asked.is_refused else 200
    return page(request, "reports/dashboard.html", context, fragment="reports/_dashboard.html", status=status)


@requires("reports.view_revenue")
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The table of the dashboard as CSV: plain numbers, days as 2026-11-20, no cell that a sheet would run."""
    asked = period_asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    overview = figures.overview(asked.period, today=asked.today, known_at=asked.known_at)
    clinic = profile.current()
    columns = (CHARGES, RECEIPTS, *(figures.BY_TILL[role] for role in figures.tills_in_use()), REVENUE, OPEN, CREDIT)
    response, sheet = sheet_named(f"revenue-{asked.for_name}.csv")
    sheet.writerow([_("From"), _("To"), *(safe(column.words) for column in columns), _("Currency")])
    for row in overview.rows:
        amounts = [exact(row.amounts[column.key], clinic.currency_info.unit) for column in columns]
        sheet.writerow([row.step.first.isoformat(), row.step.last.isoformat(), *amounts, clinic.currency])
    totals = [exact(overview.totals[column.key], clinic.currency_info.unit) for column in columns]
    sheet.writerow([_("Total"), "", *totals, clinic.currency])
    return response


def _card(figure: Figure, overview: Overview, asked: AskedPeriod, write: Writer) -> dict[str, Any]:
    now, before = overview.totals[figure.key], overview.earlier[figure.key]
    return {
        "figure": figure,
        "amount": write.money(now),
        "change": _change(now, before) if overview.is_comparable else "",
        "rose": now > before,
        "before": write.money(before),
        "before_words": overview.compared.words,
        "spark": charts.sparkline([row.amounts[figure.key] for row in overview.past_rows]),
        "href": _href(figure, asked),
    }


def _change(now: Decimal, before: Decimal) -> str:
    """+6 %, or nothing where there is nothing to compare with."""
    if before <= ZERO:
        return ""
    percent = ((now - before) / before * 100).quantize(Decimal(1))
    return f"{MINUS}{-percent}%" if percent < 0 else f"+{percent}%"


def _chart(overview: Overview, asked: AskedPeriod, write: Writer) -> charts.BarChart:
    groups = []
    for row in overview.rows:
        shown = (CHARGES, RECEIPTS)
        groups.append(
            charts.Group(
                row.step.short,
                [row.amounts[figure.key] for figure in shown],
                [_href(figure, asked, row.step) for figure in shown],
                [f"{row.step.words}: {figure.words} {write.money(row.amounts[figure.key])}" for figure in shown],
            )
        )
    return charts.bar_chart(groups, write.currency, write.locale)


def _rows(overview: Overview, asked: AskedPeriod, write: Writer) -> list[dict[str, Any]]:
    return [
        {
            "words": row.step.words,
            "cells": [
                {
                    "amount": write.amount(row.amounts[figure.key]),
                    "href": _href(figure, asked, row.step) if row.amounts[figure.key] else "",
                }
                for figure in CARDS
            ],
        }
        for row in overview.past_rows
    ]


def _tills(overview: Overview, asked: AskedPeriod, write: Writer) -> list[dict[str, Any]]:
    roles = figures.tills_in_use()
    most = max((abs(overview.totals[role]) for role in roles), default=ZERO)
    return [
        {
            "name": chart()[role].name,
            "amount": write.amount(overview.totals[role]),
            "href": _href(figures.BY_TILL[role], asked),
            "share": f"{abs(overview.totals[role]) / most * 100:.1f}" if most else "0",
        }
        for role in roles
    ]


def _href(figure: Figure, asked: AskedPeriod, step: Step | None = None) -> str:
    days = asked.query(step.first, step.last) if step else asked.query()
    return f"{reverse('reports:figure', args=[figure.key])}?{days}"
