"""The trial balance: every account with its balance, as a page, for a spreadsheet and on paper."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import clock
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.ledger import balances
from apps.ledger.asking import AskedDay, day_asked, statement_until
from apps.ledger.documents.papers import Column, Paper, Row, Sheet, as_pdf
from apps.ledger.lines import CREDIT, DEBIT, Figure
from apps.ledger.writing import Writer


@requires("ledger.view_journal")
@require_safe
def trial_balance(request: HttpRequest) -> HttpResponse:
    """Every account with its balance, as effective on a day and, if asked, as known at a moment."""
    asked, trial = _asked(request)
    write = Writer.of_clinic()
    context = {
        "form": asked.form,
        "day": asked.day,
        "known": asked.known,
        "rows": [
            {
                "account": row.account,
                "statement": statement_until(row.account, asked.day, asked.known_asked),
                "lines": _lines_of(row, asked),
                "debit": write.amount(row.debit_balance) if row.debit_balance else "",
                "credit": write.amount(row.credit_balance) if row.credit_balance else "",
            }
            for row in trial.rows
        ],
        "debit_total": write.amount(trial.debit_total),
        "credit_total": write.amount(trial.credit_total),
        "debit_lines": _lines_of_all(trial, DEBIT, asked),
        "credit_lines": _lines_of_all(trial, CREDIT, asked),
        "is_balanced": trial.is_balanced,
        "clinic": profile.current(),
        "query": request.GET.urlencode(),
    }
    return render(request, "ledger/trial_balance.html", context, status=400 if asked.is_refused else 200)


@requires("ledger.view_journal")
@require_safe
def trial_balance_csv(request: HttpRequest) -> HttpResponse:
    """The trial balance for a spreadsheet."""
    asked, trial = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    clinic = profile.current()
    response, sheet = sheet_named(f"trial-balance-{asked.day:%Y-%m-%d}.csv")
    sheet.writerow([_("Code"), _("Account"), _("Kind"), _("Debit"), _("Credit"), _("Currency")])
    for row in trial.rows:
        amounts = [exact(amount, clinic.currency_info.unit) for amount in (row.debit_balance, row.credit_balance)]
        kind = row.account.get_kind_display()
        sheet.writerow([row.account.code, safe(row.account.name), kind, *amounts, clinic.currency])
    totals = [exact(amount, clinic.currency_info.unit) for amount in (trial.debit_total, trial.credit_total)]
    sheet.writerow([_("Total"), "", "", *totals, clinic.currency])
    return response


@requires("ledger.view_journal")
@require_safe
def trial_balance_pdf(request: HttpRequest) -> HttpResponse:
    """The trial balance on paper."""
    asked, trial = _asked(request)
    if asked.is_refused:
        return refused_sheet(asked.form)
    write = Writer.of_clinic()
    columns = [
        Column(_("Code")),
        Column(_("Account"), grows=True),
        Column(_("Kind")),
        Column(_("Debit"), amount=True),
        Column(_("Credit"), amount=True),
    ]
    rows = [
        Row([
            row.account.code, row.account.name, str(row.account.get_kind_display()),
            write.amount(row.debit_balance) if row.debit_balance else "",
            write.amount(row.credit_balance) if row.credit_balance else "",
        ])
        for row in trial.rows
    ]  # fmt: skip
    totals = [write.amount(trial.debit_total), write.amount(trial.credit_total)]
    rows.append(Row(["", _("Total"), "", *totals], strong=True))
    paper = Paper(
        _("Trial balance"),
        asked.all_words,
        [Sheet(columns, rows)],
        notes=[] if trial.is_balanced else [_("It does not balance: have the books checked.")],
        name=f"trial-balance-{asked.day:%Y-%m-%d}",
    )
    return as_pdf(paper, at=clock.now())


def _lines_of(row: balances.AccountBalance, asked: AskedDay) -> str:
    """On the side that weighs more, as it is shown."""
    if not row.account.role:
        return statement_until(row.account, asked.day, asked.known_asked)
    side = DEBIT if row.debit_balance else CREDIT
    return Figure((row.account.role,), side, last=asked.day, known=asked.known_asked).href


def _lines_of_all(trial: balances.TrialBalance, side: str, asked: AskedDay) -> str:
    """Of all accounts whose balance stands on this side; nothing where one of them has no role to be named by."""
    roles = [row.account.role for row in trial.rows if getattr(row, f"{side}_balance")]
    return Figure(tuple(roles), side, last=asked.day, known=asked.known_asked).href if roles and all(roles) else ""


def _asked(request: HttpRequest) -> tuple[AskedDay, balances.TrialBalance]:
    asked = day_asked(request)
    return asked, balances.trial_balance(effective_on=asked.day, known_at=asked.known_at)
