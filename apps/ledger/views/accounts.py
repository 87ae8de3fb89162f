"""The trial balance, and one account with what moved on it."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock, naming
from apps.core.money import ZERO
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.ledger import accounts, balances
from apps.ledger.forms import AccountName, AsOf, Span
from apps.ledger.models import Account, JournalLine, JournalLineQuerySet
from apps.ledger.writing import Writer

LINES_A_PAGE = 100


@requires("ledger.view_journal")
@require_safe
def trial_balance(request: HttpRequest) -> HttpResponse:
    """Every account with its balance, as effective on a day and, if asked, as known at the end of another."""
    clinic = profile.current()
    today = clock.day_of(clock.now(), clinic.zone)
    form = AsOf(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    day = chosen.get("day") or today
    known_at = clock.last_moment_of(chosen["known"], clinic.zone) if chosen.get("known") else None
    trial = balances.trial_balance(effective_on=day, known_at=known_at)
    write = Writer.of_clinic()
    context = {
        "form": form if request.GET else AsOf(initial={"day": today}),
        "day": day,
        "known": chosen.get("known"),
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
        "clinic": clinic,
    }
    return render(request, "ledger/trial_balance.html", context, status=400 if request.GET and form.errors else 200)


@requires("ledger.view_journal")
@require_safe
def account(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What moved on one account from one day to another, with the balance after each line."""
    found = get_object_or_404(Account, pk=pk)
    clinic = profile.current()
    today = clock.day_of(clock.now(), clinic.zone)
    form = Span(request.GET if {"first", "last"} & set(request.GET) else {"first": today.replace(day=1), "last": today})
    chosen = form.cleaned_data if form.is_valid() else {}
    first, last = chosen.get("first"), chosen.get("last")
    on_account = _about(JournalLine.objects.filter(account=found), request)
    opening = _sum(found, on_account.filter(effective_on__lt=first)) if first else ZERO
    lines = on_account.effective_until(last).filter(**({"effective_on__gte": first} if first else {}))
    lines = lines.order_by("effective_on", "id").select_related("entry")
    shown = Paginator(lines, LINES_A_PAGE).get_page(request.GET.get("page"))
    rows = list(shown.object_list)
    before = opening + (_sum(found, lines[: shown.start_index() - 1]) if shown.number > 1 else ZERO)
    context = {
        "account": found,
        "form": form,
        "first": first,
        "last": last,
        "clinic": clinic,
        "page_obj": shown,
        "opening": Writer.of_clinic().amount(before),
        "rows": _with_balance(found, rows, before, request),
        "about": {name: request.GET[name] for name in ("subject", "document") if request.GET.get(name)},
        "may_rename": request.user.has_perm("ledger.edit_account"),
    }
    return render(request, "ledger/account.html", context, status=400 if form.errors else 200)


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
