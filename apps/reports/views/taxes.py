"""The tax report: as a page, for a spreadsheet and on paper; and the papers that make each of its rows."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock, naming
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.ledger.documents.papers import Column, Paper, Row, Sheet, as_pdf
from apps.ledger.lines import CREDIT, Figure
from apps.ledger.models import Account
from apps.ledger.writing import Writer
from apps.reports import taxes
from apps.reports.asking import AskedPeriod, period_asked
from apps.reports.taxes import AMOUNTS, OTHER, TaxParts, TaxRow, Which

PER_PAGE = 50
EVERY = "all"
SIDES = {"": None, "charged": True, "reduced": False}


@requires("reports.view_revenue")
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What was taxed at which rate, what was taken back, and what that leaves to be paid on."""
    asked, rows = _asked(request)
    write = Writer.of_clinic()
    first, last = asked.period.first, asked.period.last
    payable = Figure((Account.Role.TAX_PAYABLE,), CREDIT, first=first, last=last, known=asked.known_asked)
    context = {
        "form": asked.form,
        "asked": asked,
        "rows": [
            {
                "words": row.words,
                "href": _href(asked, **_which(row)),
                "amounts": [
                    (write.amount(getattr(row, column)), _href(asked, **_which(row), **_side(column)))
                    for column in AMOUNTS
                ],
            }
            for row in rows
        ],
        "totals": [
            (write.amount(taxes.total(rows, column)), _href(asked, rate=EVERY, **_side(column))) for column in AMOUNTS
        ],
        "tax": write.money(taxes.total(rows, "tax")),
        "payable": payable.href,
        "notes": _notes(),
        "clinic": profile.current(),
        "query": asked.query(),
    }
    return render(request, "reports/taxes.html", context, status=400 if asked.is_refused else 200)


@requires("reports.view_revenue")
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The same for a spreadsheet."""
    asked, rows = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    clinic = profile.current()
    response, sheet = sheet_named(f"taxes-{asked.for_name}.csv")
    sheet.writerow([_("Tax"), _("Rate"), *_heads(), _("Currency")])
    for row in rows:
        amounts = [exact(getattr(row, column), clinic.currency_info.unit) for column in AMOUNTS]
        rate = "" if row.rate is None else f"{row.rate.normalize():f}"
        sheet.writerow([safe(row.name or row.words), rate, *amounts, clinic.currency])
    totals = [exact(taxes.total(rows, column), clinic.currency_info.unit) for column in AMOUNTS]
    sheet.writerow([_("Total"), "", *totals, clinic.currency])
    return response


@requires("reports.view_revenue")
@require_safe
def paper(request: HttpRequest) -> HttpResponse:
    """The same on paper."""
    asked, rows = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    write = Writer.of_clinic()
    columns = [Column(_("Tax"), grows=True), *(Column(head, amount=True) for head in _heads())]
    printed = [Row([row.words, *(write.amount(getattr(row, column)) for column in AMOUNTS)]) for row in rows]
    totals = [write.amount(taxes.total(rows, column)) for column in AMOUNTS]
    printed.append(Row([_("In all"), *totals], strong=True))
    report = Paper(
        _("Tax report"),
        asked.all_words,
        [Sheet(columns, printed)],
        facts=[
            (_("Taxable"), write.money(taxes.total(rows, "base"))),
            (_("Tax"), write.money(taxes.total(rows, "tax"))),
        ],
        notes=_notes(),
        wide=True,
        name=f"taxes-{asked.for_name}",
    )
    return as_pdf(report, at=clock.now())


@requires("reports.view_revenue")
@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    """The entries of the books that make one row: which paper, how much of it was taxed, and with what."""
    asked = period_asked(request)
    which = _tax_asked(request)
    found = TaxParts(which, asked.period, known_at=asked.known_at)
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    listed = list(shown.object_list)
    write = Writer.of_clinic()
    documents = naming.names("document", (part.document for part in listed), reader=request.user)
    context = {
        "asked": asked,
        "words": _words(which),
        "rows": [
            {
                "part": part,
                "document": documents.get(part.document) if part.document else None,
                "base": write.amount(part.base),
                "tax": write.amount(part.tax),
            }
            for part in listed
        ],
        "base": write.amount(found.base),
        "tax": write.amount(found.tax),
        "total": write.money(found.tax),
        "page_obj": shown,
        "clinic": profile.current(),
        "back": f"{reverse('reports:taxes')}?{asked.query()}",
    }
    return render(request, "reports/tax_parts.html", context, status=400 if asked.is_refused else 200)


def _asked(request: HttpRequest) -> tuple[AskedPeriod, list[TaxRow]]:
    asked = period_asked(request)
    return asked, taxes.report(asked.period, known_at=asked.known_at)


def _tax_asked(request: HttpRequest) -> Which:
    side = request.GET.get("side", "")
    document = request.GET.get("document", "")
    try:
        more: dict[str, Any] = {"charged": SIDES[side], "document": UUID(document) if document else None}
        asked = request.GET.get("rate", "")
        if asked in {EVERY, OTHER}:
            return Which(every=asked == EVERY, **more)
        rate = Decimal(asked)
    except (InvalidOperation, ValueError, KeyError):
        raise Http404 from None
    if not (rate.is_finite() and 0 <= rate <= 100):
        raise Http404
    return Which(request.GET.get("tax", "")[:80].replace("\0", ""), rate, **more)


def _which(row: TaxRow) -> dict[str, str]:
    return {"rate": OTHER} if row.rate is None else {"tax": row.name, "rate": f"{row.rate.normalize():f}"}


def _side(column: str) -> dict[str, str]:
    """Which of the parts a column is about; its last two are about all."""
    side = column.rpartition("_")[2]
    return {"side": side} if side in SIDES else {}


def _href(asked: AskedPeriod, **which: str) -> str:
    return f"{reverse('reports:tax_parts')}?{asked.query(**which)}"


def _words(which: Which) -> str:
    said = _("All taxes") if which.every else taxes.tax_words(which.name, which.rate)
    sides = {True: _("charged"), False: _("taken back")}
    return said if which.charged is None else f"{said}, {sides[which.charged]}"


def _heads() -> list[str]:
    return [
        *(_("Taxable, charged"), _("Tax charged")),
        *(_("Taxable, taken back"), _("Tax taken back")),
        *(_("Taxable"), _("Tax")),
    ]


def _notes() -> list[str]:
    return [
        _("Charged: invoices issued in these days. Taken back: invoices that became void and what was credited in "
          "these days, whenever they were issued. Tax counts when it is charged, not when it is paid."),
        _("Of a charge with several taxes the taxable amount stands in the row of each, and once in the sum."),
        _("Every amount is a copy on a line of an invoice, rounded there; the sum is what moved on the account Tax "
          "payable."),
    ]  # fmt: skip
