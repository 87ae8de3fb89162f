"""The general ledger: all accounts with what moved on them. It names entries and papers, never a person."""

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock
from apps.core.sheets import ROWS_A_PIECE, exact, long_sheet_named, refused_sheet, safe
from apps.ledger.asking import AskedDays, days_asked
from apps.ledger.documents.papers import Column, Paper, Row, Sheet, as_pdf, too_long
from apps.ledger.general import GeneralLedger, Section, lines_of, running
from apps.ledger.writing import Writer

LINES_A_PAGE = 100


@requires("ledger.view_journal")
@require_safe
def general_ledger(request: HttpRequest) -> HttpResponse:
    """Every account with its balance before, its lines and its balance after; the first page sums all of them up."""
    asked, ledger = _asked(request)
    shown = Paginator(ledger, LINES_A_PAGE).get_page(request.GET.get("page"))
    write = Writer.of_clinic()
    context = {
        "form": asked.form,
        "asked": asked,
        "accounts": [
            {
                "account": span.account,
                "opening": write.amount(span.opening),
                "debits": write.amount(span.debits) if span.debits else "",
                "credits": write.amount(span.credits) if span.credits else "",
                "closing": write.amount(span.closing),
            }
            for span in ledger.spans
        ],
        "sections": [_shown(section, write) for section in shown.object_list],
        "page_obj": shown,
        "clinic": profile.current(),
        "query": request.GET.urlencode(),
    }
    return render(request, "ledger/general_ledger.html", context, status=400 if asked.is_refused else 200)


@requires("ledger.view_journal")
@require_safe
def general_ledger_csv(request: HttpRequest) -> HttpResponseBase:
    """Every line of the days that were asked for, however many they are."""
    asked, ledger = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    return long_sheet_named(f"general-ledger-{asked.for_name}.csv", _sheet(ledger))


@requires("ledger.view_journal")
@require_safe
def general_ledger_pdf(request: HttpRequest) -> HttpResponse:
    """The same on paper, if it is not too long for that."""
    asked, ledger = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    if refused := too_long(len(ledger)):
        return refused
    write = Writer.of_clinic()
    columns = [
        Column(_("Day")),
        Column(_("Entry")),
        Column(_("What happened"), grows=True),
        *(Column(words, amount=True) for words in (_("Debit"), _("Credit"), _("Balance"))),
    ]
    sections = {section.span.account.pk: section for section in ledger[:]}
    sheets = []
    for span in ledger.spans:
        rows = [Row(["", "", _("Brought forward"), "", "", write.amount(span.opening)])]
        section = sections.get(span.account.pk)
        rows += [_printed(row) for row in _shown(section, write)["rows"]] if section else []
        sums = [write.amount(amount) for amount in (span.debits, span.credits, span.closing)]
        sheets.append(
            Sheet(columns, [*rows, Row(["", "", _("Carried forward"), *sums], strong=True)], str(span.account))
        )
    paper = Paper(_("General ledger"), asked.all_words, sheets, name=f"general-ledger-{asked.for_name}")
    return as_pdf(paper, at=clock.now())


def _asked(request: HttpRequest) -> tuple[AskedDays, GeneralLedger]:
    asked = days_asked(request)
    return asked, GeneralLedger(asked.days)


def _shown(section: Section, write: Writer) -> dict[str, Any]:
    return {
        "span": section.span,
        "before": write.amount(section.before),
        "is_last": section.is_last,
        "closing": write.amount(section.span.closing),
        "rows": [
            {
                "line": moved.line,
                "debit": write.amount(moved.line.debit) if moved.line.debit else "",
                "credit": write.amount(moved.line.credit) if moved.line.credit else "",
                "balance": write.amount(moved.balance),
            }
            for moved in section.moved
        ],
    }


def _printed(row: dict[str, Any]) -> Row:
    line = row["line"]
    what = [date_format(line.effective_on, "j M Y"), line.entry.number, line.entry.description]
    return Row([*what, row["debit"], row["credit"], row["balance"]])


def _sheet(ledger: GeneralLedger) -> Iterator[list[Any]]:
    """Read in pieces: years of lines do not fit into memory at once."""
    clinic = profile.current()
    unit, currency = clinic.currency_info.unit, clinic.currency
    yield [
        *(_("Code"), _("Account"), _("Day"), _("Entry"), _("What happened")),
        *(_("Debit"), _("Credit"), _("Balance"), _("Currency")),
    ]
    for span in ledger.spans:
        account = [span.account.code, safe(span.account.name)]
        yield [*account, "", "", _("Brought forward"), "", "", exact(span.opening, unit), currency]
        lines = lines_of(span.account, ledger.days).select_related("entry").iterator(chunk_size=ROWS_A_PIECE)
        for moved in running(span.account, lines if span.lines else (), span.opening):
            line = moved.line
            what = [line.effective_on.isoformat(), line.entry.number, safe(line.entry.description)]
            amounts = [exact(amount, unit) for amount in (line.debit, line.credit, moved.balance)]
            yield [*account, *what, *amounts, currency]
        sums = [exact(amount, unit) for amount in (span.debits, span.credits, span.closing)]
        yield [*account, "", "", _("Carried forward"), *sums, currency]
