"""One account with what moved on it: as a page, for a spreadsheet and on paper."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock, naming
from apps.core.money import ZERO
from apps.core.refusals import Refusal
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.core.toasts import toast
from apps.ledger import accounts
from apps.ledger.asking import AskedDays, days_asked
from apps.ledger.documents.papers import Column, Paper, Row, Sheet, as_pdf, too_long
from apps.ledger.forms import AccountName
from apps.ledger.general import Moved, lines_of, moved_by, running
from apps.ledger.lines import CREDIT, DEBIT, Figure, read
from apps.ledger.models import Account, JournalLine, JournalLineQuerySet
from apps.ledger.reading import patients_named
from apps.ledger.writing import Writer

LINES_A_PAGE = 100
MOST_LINES = 20_000  # of a file


@requires("ledger.view_journal")
@require_safe
def account(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What moved on one account from one day to another, with the balance after each line."""
    found = _statement(request, pk)
    shown = Paginator(found.lines, LINES_A_PAGE).get_page(request.GET.get("page"))
    skipped = shown.start_index() - 1 if shown.number > 1 else 0
    before = found.opening + (moved_by(found.account, found.lines[:skipped]) if skipped else ZERO)
    rows = _rows(list(running(found.account, shown.object_list, before)), request)
    figure = _figure(found, request)
    if figure:
        rows = [{**row, "explained": replace(figure, until=row["moved"].line.pk).href} for row in rows]
    context = {
        "account": found.account,
        "form": found.asked.form,
        "asked": found.asked,
        "clinic": profile.current(),
        "page_obj": shown,
        "opening": Writer.of_clinic().amount(before),
        "rows": rows,
        "opening_lines": _before(found, figure, found.lines[skipped - 1].pk if skipped else None),
        "closing_lines": replace(figure, last=found.asked.last).href if figure else "",
        "closing": Writer.of_clinic().amount(found.opening + moved_by(found.account, found.lines)),
        "about": {name: request.GET[name] for name in ("subject", "document") if request.GET.get(name)},
        "may_rename": request.user.has_perm("ledger.edit_account"),
        "query": request.GET.urlencode(),
    }
    return render(request, "ledger/account.html", context, status=400 if found.asked.is_refused else 200)


@requires("ledger.view_journal")
@require_safe
def account_csv(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The statement of an account for a spreadsheet, every line of the days that were asked for."""
    found = _statement(request, pk)
    if found.asked.is_refused:
        return refused_sheet(found.asked.form)
    every = list(found.lines[: MOST_LINES + 1])
    if len(every) > MOST_LINES:
        return HttpResponse(
            _("More than %(most)s lines: choose fewer days.") % {"most": f"{MOST_LINES:,}"},
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    clinic = profile.current()
    response, sheet = sheet_named(f"account-{found.account.code}.csv")
    heads = [_("Day"), _("Entry"), _("What"), _("Patient"), _("Document"), _("Debit"), _("Credit"), _("Balance")]
    sheet.writerow([*heads, _("Currency")])
    for row in _rows(list(running(found.account, every, found.opening)), request):
        moved: Moved = row["moved"]
        amounts = [moved.line.debit, moved.line.credit, moved.balance]
        sheet.writerow([
            moved.line.effective_on.isoformat(), moved.line.entry.number, safe(moved.line.entry.description),
            *(safe(name.words) if name else "" for name in (row["patient"], row["document"])),
            *(exact(amount, clinic.currency_info.unit) for amount in amounts), clinic.currency,
        ])  # fmt: skip
    return response


@requires("ledger.view_journal")
@require_safe
def account_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The statement of an account on paper."""
    found = _statement(request, pk)
    if found.asked.is_refused:
        return refused_sheet(found.asked.form)
    if refused := too_long(found.lines.count()):
        return refused
    write = Writer.of_clinic()
    moved = list(running(found.account, found.lines, found.opening))
    rows = [
        Row([
            date_format(row["moved"].line.effective_on, "j M Y"), row["moved"].line.entry.number,
            row["moved"].line.entry.description,
            *(name.words if name else "" for name in (row["patient"], row["document"])),
            row["debit"], row["credit"], row["balance"],
        ])
        for row in _rows(moved, request)
    ]  # fmt: skip
    sums = [sum((getattr(each.line, side) for each in moved), ZERO) for side in ("debit", "credit")]
    closing = moved[-1].balance if moved else found.opening
    brought = Row(["", "", _("Brought forward"), "", "", "", "", write.amount(found.opening)])
    carried = [write.amount(amount) for amount in (*sums, closing)]
    columns = [
        Column(_("Day")),
        Column(_("Entry")),
        Column(_("What happened"), grows=True),
        Column(_("Patient")),
        Column(_("Document")),
        *(Column(words, amount=True) for words in (_("Debit"), _("Credit"), _("Balance"))),
    ]
    total = Row(["", "", _("Carried forward"), "", "", *carried], strong=True)
    paper = Paper(
        str(found.account),
        found.asked.all_words,
        [Sheet(columns, [brought, *rows, total])],
        wide=True,
        name=f"account-{found.account.code}-{found.asked.for_name}",
    )
    return as_pdf(paper, at=clock.now())


@requires("ledger.edit_account")
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call an account something else."""
    found = get_object_or_404(Account, pk=pk)
    form = AccountName(request.POST or None, initial={"name": found.name})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            accounts.rename(found, name=form.cleaned_data["name"], by=request.user, at=clock.now())  # type: ignore[arg-type]
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
            status = refusal.status
        else:
            toast(request, _("The account has a new name."))
            return redirect("ledger:account", pk=found.pk)
    elif request.method == "POST":
        status = 400
    return render(request, "ledger/rename.html", {"account": found, "form": form}, status=status)


@dataclass(frozen=True, slots=True)
class _Statement:
    account: Account
    asked: AskedDays
    opening: Decimal
    lines: JournalLineQuerySet


def _statement(request: HttpRequest, pk: UUID) -> _Statement:
    """The lines of the days that were asked for, and what the account held before them."""
    found, asked = get_object_or_404(Account, pk=pk), days_asked(request)
    days = asked.days
    opening = moved_by(found, _about(days.before().filter(account=found), request)) if days.first else ZERO
    return _Statement(found, asked, opening, _about(lines_of(found, days), request).select_related("entry"))


def _figure(found: _Statement, request: HttpRequest) -> Figure | None:
    """All that moved on the account, as it is shown; nothing where it cannot be said by a figure."""
    if not found.account.role or "none" in (request.GET.get("subject"), request.GET.get("document")):
        return None
    side = DEBIT if found.account.grows_by_debit else CREDIT
    asked = {"role": found.account.role, "side": side}
    about = {name: request.GET[name] for name in ("subject", "document") if request.GET.get(name)}
    try:
        figure = read(QueryDict(urlencode({**asked, **about})))
    except ValueError:
        return None
    return replace(figure, known=found.asked.known_asked)


def _before(found: _Statement, figure: Figure | None, line: int | None) -> str:
    """Where what was brought forward comes from: the line before this page, or the days before these."""
    if figure is None:
        return ""
    if line is not None:
        return replace(figure, until=line).href
    return replace(figure, last=found.asked.first - timedelta(days=1)).href if found.asked.first else ""


def _about(lines: JournalLineQuerySet, request: HttpRequest) -> JournalLineQuerySet:
    """Only what concerns one subject or document, where the address names them ("none" for lines without any)."""
    for column in ("subject", "document"):
        asked = request.GET.get(column, "")
        if asked == "none":
            lines = lines.filter(**{f"{column}__isnull": True})
        elif asked:
            try:
                lines = lines.filter(**{column: UUID(asked)})
            except ValueError:
                lines = lines.none()
    return lines


def _rows(moved: list[Moved], request: HttpRequest) -> list[dict[str, Any]]:
    write, lines = Writer.of_clinic(), [each.line for each in moved]
    patients = patients_named((line.subject for line in lines), request)
    documents = naming.names("document", (line.document for line in lines), reader=request.user)
    return [
        {
            "moved": each,
            "debit": write.amount(each.line.debit) if each.line.debit else "",
            "credit": write.amount(each.line.credit) if each.line.credit else "",
            "balance": write.amount(each.balance),
            "patient": _named(patients, each.line, "subject"),
            "document": _named(documents, each.line, "document"),
        }
        for each in moved
    ]


def _named(names: dict[UUID, naming.Name], line: JournalLine, column: str) -> naming.Name | None:
    identifier: UUID | None = getattr(line, column)
    return names.get(identifier) if identifier else None
