"""The trial balance, and one account with what moved on it."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock, naming
from apps.core.money import ZERO
from apps.core.refusals import Refusal
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.core.toasts import toast
from apps.ledger import accounts, balances
from apps.ledger.forms import AccountName, AsOf, Span
from apps.ledger.models import Account, JournalLine, JournalLineQuerySet
from apps.ledger.writing import Writer

LINES_A_PAGE = 100
MOST_LINES = 20_000  # of a file


@requires("ledger.view_journal")
@require_safe
def trial_balance(request: HttpRequest) -> HttpResponse:
    """Every account with its balance, as effective on a day and, if asked, as known at the end of another."""
    form, day, known, trial = _trial_asked(request)
    write = Writer.of_clinic()
    context = {
        "form": form,
        "day": day,
        "known": known,
        "rows": [
            {
                "account": row.account,
                "debit": write.amount(row.debit_balance) if row.debit_balance else "",
                "credit": write.amount(row.credit_balance) if row.credit_balance else "",
            }
            for row in trial.rows
        ],
        "debit_total": write.amount(trial.debit_total),
        "credit_total": write.amount(trial.credit_total),
        "is_balanced": trial.is_balanced,
        "is_empty": not trial.debit_total and not trial.credit_total,
        "clinic": profile.current(),
        "export": f"{reverse('ledger:trial_balance_csv')}?{request.GET.urlencode()}",
    }
    return render(request, "ledger/trial_balance.html", context, status=400 if request.GET and form.errors else 200)


@requires("ledger.view_journal")
@require_safe
def trial_balance_csv(request: HttpRequest) -> HttpResponse:
    """The trial balance for a spreadsheet."""
    form, day, _known, trial = _trial_asked(request)
    if request.GET and form.errors:
        return refused_sheet(form)
    clinic = profile.current()
    response, sheet = sheet_named(f"trial-balance-{day:%Y-%m-%d}.csv")
    sheet.writerow([_("Code"), _("Account"), _("Kind"), _("Debit"), _("Credit"), _("Currency")])
    for row in trial.rows:
        amounts = [exact(amount, clinic.currency_info.unit) for amount in (row.debit_balance, row.credit_balance)]
        kind = row.account.get_kind_display()
        sheet.writerow([row.account.code, safe(row.account.name), kind, *amounts, clinic.currency])
    totals = [exact(amount, clinic.currency_info.unit) for amount in (trial.debit_total, trial.credit_total)]
    sheet.writerow([_("Total"), "", "", *totals, clinic.currency])
    return response


def _trial_asked(request: HttpRequest) -> tuple[AsOf, date, date | None, balances.TrialBalance]:
    clinic = profile.current()
    today = clock.day_of(clock.now(), clinic.zone)
    form = AsOf(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    day, known = chosen.get("day") or today, chosen.get("known")
    known_at = clock.last_moment_of(known, clinic.zone) if known else None
    trial = balances.trial_balance(effective_on=day, known_at=known_at)
    return form if request.GET else AsOf(initial={"day": today}), day, known, trial


@requires("ledger.view_journal")
@require_safe
def account(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What moved on one account from one day to another, with the balance after each line."""
    found = get_object_or_404(Account, pk=pk)
    form, opening, lines = _lines_asked(found, request)
    shown = Paginator(lines, LINES_A_PAGE).get_page(request.GET.get("page"))
    rows = list(shown.object_list)
    before = opening + (_sum(found, lines[: shown.start_index() - 1]) if shown.number > 1 else ZERO)
    context = {
        "account": found,
        "form": form,
        "first": form.cleaned_data.get("first"),
        "last": form.cleaned_data.get("last"),
        "clinic": profile.current(),
        "page_obj": shown,
        "opening": Writer.of_clinic().amount(before),
        "rows": _with_balance(found, rows, before, request),
        "about": {name: request.GET[name] for name in ("subject", "document") if request.GET.get(name)},
        "may_rename": request.user.has_perm("ledger.edit_account"),
        "export": f"{reverse('ledger:account_csv', args=[found.pk])}?{request.GET.urlencode()}",
    }
    return render(request, "ledger/account.html", context, status=400 if form.errors else 200)


@requires("ledger.view_journal")
@require_safe
def account_csv(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The statement of an account for a spreadsheet, every line of the days that were asked for."""
    found = get_object_or_404(Account, pk=pk)
    form, balance, lines = _lines_asked(found, request)
    if form.errors:
        return refused_sheet(form)
    clinic = profile.current()
    every = list(lines[: MOST_LINES + 1])
    if len(every) > MOST_LINES:
        return HttpResponse(
            _("More than %(most)s lines: choose fewer days.") % {"most": f"{MOST_LINES:,}"},
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    response, sheet = sheet_named(f"account-{found.code}.csv")
    heads = [_("Day"), _("Entry"), _("What"), _("Patient"), _("Document"), _("Debit"), _("Credit"), _("Balance")]
    sheet.writerow([*heads, _("Currency")])
    patients = naming.names("patient", (line.subject for line in every), reader=request.user)
    documents = naming.names("document", (line.document for line in every), reader=request.user)
    for line in every:
        change = line.debit - line.credit
        balance += change if found.grows_by_debit else -change
        about = [
            names[pk].words if pk in names else ""
            for names, pk in ((patients, line.subject), (documents, line.document))
        ]
        amounts = [exact(amount, clinic.currency_info.unit) for amount in (line.debit, line.credit, balance)]
        what = [line.effective_on.isoformat(), line.entry.number, safe(line.entry.description)]
        sheet.writerow([*what, *about, *amounts, clinic.currency])
    return response


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


def _words(names: dict[UUID, naming.Name], identifier: UUID | None) -> str:
    return safe(names[identifier].words) if identifier in names else ""


def _lines_asked(found: Account, request: HttpRequest) -> tuple[Span, Decimal, JournalLineQuerySet]:
    """The days that were asked for (this month, if none), the balance before them and the lines of them."""
    today = clock.day_of(clock.now(), profile.current().zone)
    form = Span(request.GET if {"first", "last"} & set(request.GET) else {"first": today.replace(day=1), "last": today})
    form.is_valid()
    first, last = form.cleaned_data.get("first"), form.cleaned_data.get("last")
    on_account = _about(JournalLine.objects.filter(account=found), request)
    opening = _sum(found, on_account.filter(effective_on__lt=first)) if first else ZERO
    lines = on_account.effective_until(last).filter(**({"effective_on__gte": first} if first else {}))
    return form, opening, lines.order_by("effective_on", "id").select_related("entry")


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


def _with_balance(
    found: Account, lines: list[JournalLine], balance: Decimal, request: HttpRequest
) -> list[dict[str, Any]]:
    write = Writer.of_clinic()
    patients = naming.names("patient", (line.subject for line in lines), reader=request.user)
    documents = naming.names("document", (line.document for line in lines), reader=request.user)
    rows = []
    for line in lines:
        change = line.debit - line.credit
        balance += change if found.grows_by_debit else -change
        rows.append(
            {
                "line": line,
                "debit": write.amount(line.debit) if line.debit else "",
                "credit": write.amount(line.credit) if line.credit else "",
                "balance": write.amount(balance),
                "patient": patients.get(line.subject) if line.subject else None,
                "document": documents.get(line.document) if line.document else None,
            }
        )
    return rows


def _sum(found: Account, lines: Any) -> Decimal:
    sums = lines.aggregate(debits=Sum("debit"), credits=Sum("credit"))
    change: Decimal = (sums["debits"] or ZERO) - (sums["credits"] or ZERO)
    return change if found.grows_by_debit else -change
