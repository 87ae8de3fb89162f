"""Receivables ageing as a page and as CSV."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.models import User
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.core import clock, naming
from apps.core.money import ZERO
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.ledger.asking import AskedDay, day_asked
from apps.ledger.documents.papers import Column, Paper, Row, Sheet, as_pdf, too_long
from apps.ledger.lines import Figure
from apps.ledger.models import Account
from apps.ledger.writing import Writer
from apps.reports.ageing import AMOUNTS, BUCKETS, READ_AS, Ageing, Debt, Debtor, Debts
from apps.reports.forms import AgeingForm

PER_PAGE = 50


@requires("reports.view_revenue")
@require_safe
def ageing(request: HttpRequest) -> HttpResponse:
    """Who owes how much, by how long it is overdue."""
    asked, debtors = _asked(request, first=PER_PAGE)
    write = Writer.of_clinic()
    shown = Paginator(debtors, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": asked.form,
        "day": asked.day,
        "known": asked.known,
        "buckets": [_share(key, debtors, write) for key in BUCKETS],
        "rows": [
            {
                "debtor": debtor,
                "name": name,
                "owed": _cell("total", debtor.amounts["total"], asked, write, debtor.person),
                "cells": [_cell(key, debtor.amounts[key], asked, write, debtor.person) for key in BUCKETS],
            }
            for debtor, name in _named(shown.object_list, request)
        ],
        "totals": [_cell(key, debtors.totals[key], asked, write) for key in BUCKETS],
        "owed": _cell("total", debtors.totals["total"], asked, write),
        "total": write.money(debtors.totals["total"]),
        "invoices": debtors.invoices,
        "page_obj": shown,
        "clinic": profile.current(),
        "query": request.GET.urlencode(),
    }
    return render(request, "reports/ageing.html", context, status=400 if asked.is_refused else 200)


@requires("reports.view_revenue")
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """All debtors as CSV: plain numbers, no cell that a sheet would run."""
    asked, debtors = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    clinic = profile.current()
    response, sheet = sheet_named(f"receivables-{asked.day:%Y-%m-%d}.csv")
    heads = [_("Patient"), _("Name"), _("Invoices"), _("Days overdue"), *BUCKETS.values(), _("Total"), _("Currency")]
    sheet.writerow([safe(head) for head in heads])
    for debtor, name in _named(debtors, request):
        amounts = [exact(debtor.amounts[key], clinic.currency_info.unit) for key in AMOUNTS]
        who = [safe(name.words), safe(name.person)] if name else ["", ""]
        sheet.writerow([*who, debtor.invoices, max(debtor.oldest, 0), *amounts, clinic.currency])
    totals = [exact(debtors.totals[key], clinic.currency_info.unit) for key in AMOUNTS]
    sheet.writerow([_("Total"), "", debtors.invoices, "", *totals, clinic.currency])
    return response


@requires("reports.view_revenue")
@require_safe
def ageing_pdf(request: HttpRequest) -> HttpResponse:
    """All debtors on paper."""
    asked, debtors = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    if refused := too_long(len(debtors)):
        return refused
    write = Writer.of_clinic()
    columns = [Column(_("Patient"), grows=True), Column(_("Invoices"), amount=True)]
    columns += [Column(words, amount=True) for words in (*BUCKETS.values(), _("Owed"))]
    rows = [
        Row([
            " ".join(filter(None, [name.words, name.person])) if name else "", str(debtor.invoices),
            *(write.amount(debtor.amounts[key]) if debtor.amounts[key] else "" for key in AMOUNTS),
        ])
        for debtor, name in _named(debtors, request)
    ]  # fmt: skip
    totals = [write.amount(debtors.totals[key]) for key in AMOUNTS]
    rows.append(Row([_("In all"), str(debtors.invoices), *totals], strong=True))
    paper = Paper(
        _("Receivables by age"),
        asked.all_words,
        [Sheet(columns, rows)],
        facts=[(str(words), write.money(debtors.totals[key])) for key, words in BUCKETS.items()],
        wide=True,
        name=f"receivables-{asked.day:%Y-%m-%d}",
    )
    return as_pdf(paper, at=clock.now())


@requires("reports.view_revenue")
@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    """The invoices that make one amount: of a person or of everybody, of one age or of all."""
    asked = day_asked(request)
    bucket, person = request.GET.get("bucket", "total"), None
    try:
        person = UUID(request.GET["person"]) if "person" in request.GET else None
        found = Debts(day=asked.day, known_at=asked.known_at, bucket=bucket, person=person)
    except (ValueError, KeyError):
        raise Http404 from None
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    debts, write = list(shown.object_list), Writer.of_clinic()
    record_reads({debt.person for debt in debts}, READ_AS)
    patients = naming.names("patient", (debt.person for debt in debts), reader=request.user)
    documents = naming.names("document", (debt.document for debt in debts), reader=request.user)
    context = {
        "asked": asked,
        "words": BUCKETS.get(bucket, _("Owed")),
        "rows": [
            {
                "debt": debt,
                "patient": patients.get(debt.person),
                "document": documents.get(debt.document),
                "amount": write.amount(debt.owed),
                "lines": _lines_of(debt, asked),
            }
            for debt in debts
        ],
        "total": write.money(found.total),
        "page_obj": shown,
        "clinic": profile.current(),
        "back": f"{reverse('reports:ageing')}?{_when(asked)}",
    }
    return render(request, "reports/ageing_parts.html", context, status=400 if asked.is_refused else 200)


def _when(asked: AskedDay, **more: str) -> str:
    known = {"known": asked.known_asked} if asked.known_at else {}
    return urlencode({"day": asked.day.isoformat(), **known, **more})


def _lines_of(debt: Debt, asked: AskedDay) -> str:
    receivable = (Account.Role.ACCOUNTS_RECEIVABLE.value,)
    return Figure(receivable, document=debt.document, last=asked.day, known=asked.known_asked).href


def _asked(request: HttpRequest, *, first: int = 0) -> tuple[AskedDay, Ageing]:
    asked = day_asked(request, AgeingForm)
    order = "amount" if asked.is_refused or not request.GET else asked.form.cleaned_data["order"]
    return asked, Ageing(day=asked.day, known_at=asked.known_at, order=order, first=first)


def _named(debtors: Any, request: HttpRequest) -> list[tuple[Debtor, naming.Name | None]]:
    debtors = list(debtors)
    record_reads({debtor.person for debtor in debtors}, READ_AS)
    assert isinstance(request.user, User)
    names = naming.names("patient", (debtor.person for debtor in debtors), reader=request.user)
    return [(debtor, names.get(debtor.person)) for debtor in debtors]


def _cell(key: str, amount: Decimal, asked: AskedDay, write: Writer, person: UUID | None = None) -> dict[str, str]:
    """An amount and where the invoices are that make it."""
    if not amount:
        return {"amount": "", "href": ""} if person else {"amount": write.amount(amount), "href": ""}
    query = _when(asked, bucket=key, **({"person": str(person)} if person else {}))
    return {"amount": write.amount(amount), "href": f"{reverse('reports:ageing_parts')}?{query}"}


def _share(key: str, debtors: Ageing, write: Writer) -> dict[str, Any]:
    amount, total = debtors.totals[key], debtors.totals["total"]
    share = max(amount, ZERO) / total * 100 if total > 0 else ZERO
    return {"key": key, "words": BUCKETS[key], "amount": write.money(amount), "share": f"{share:.1f}"}
