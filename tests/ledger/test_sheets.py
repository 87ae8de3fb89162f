"""The books as files for a spreadsheet: every line, plain numbers, and nothing that a sheet would run."""

import csv
import io
from datetime import date

import pytest
from django.utils import timezone

from apps.ledger import accounts
from apps.ledger.models import Account
from apps.ledger.views import accounts as pages
from tests.reports.books import Role, issue, pay


@pytest.fixture
def ada(web, riverside, cast):
    with riverside.inside(by=cast.ada):
        pay(issue(date(2026, 11, 2), "200.00", tax="36.00"), date(2026, 11, 3), "100.00")
    return web(riverside, cast.ada)


def rows_of(answer):
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and answer["Cache-Control"] == "no-store"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_trial_balance_adds_up(ada):
    rows = rows_of(ada.get("/ledger/trial-balance.csv?day=2026-11-30"))
    told = {row[1]: row[3:5] for row in rows[1:]}
    assert rows[-1] == ["Total", "", "", "236.00", "236.00", "INR"]
    assert told["Accounts receivable"] == ["136.00", "0.00"] and told["Revenue"] == ["0.00", "84.75"]


def test_an_account_tells_each_line_with_the_balance_after_it(ada, riverside, cast):
    with riverside.inside(by=cast.ada):
        receivable = Account.objects.get(role=Role.ACCOUNTS_RECEIVABLE)
    path = f"/ledger/accounts/{receivable.pk}/lines.csv"
    rows = rows_of(ada.get(f"{path}?first=2026-11-01&last=2026-11-30"))
    assert [(row[0], *row[5:]) for row in rows[1:]] == [
        ("2026-11-02", "236.00", "0.00", "236.00", "INR"),
        ("2026-11-03", "0.00", "100.00", "136.00", "INR"),
    ]
    assert [row[7] for row in rows_of(ada.get(f"{path}?first=2026-11-03"))[1:]] == ["136.00"]


def test_a_name_that_looks_like_a_formula_is_only_text(ada, riverside, cast):
    with riverside.inside(by=cast.ada):
        till = Account.objects.get(role=Role.CASH)
        accounts.rename(till, name="=1+1", by=cast.ada, at=timezone.now())
    assert "'=1+1" in [row[1] for row in rows_of(ada.get("/ledger/trial-balance.csv"))]


@pytest.mark.parametrize("query", ["first=2026-11-05&last=2026-11-01", "first=x", "last=0001-01-01"])
def test_days_that_make_no_sense_are_refused_in_words(ada, riverside, cast, query):
    with riverside.inside(by=cast.ada):
        till = Account.objects.get(role=Role.CASH)
    answer = ada.get(f"/ledger/accounts/{till.pk}/lines.csv?{query}")
    assert answer.status_code == 400 and answer.content
    assert ada.get("/ledger/trial-balance.csv?day=2026-02-31").status_code == 400


def test_a_file_has_an_end(ada, riverside, cast, monkeypatch):
    with riverside.inside(by=cast.ada):
        receivable = Account.objects.get(role=Role.ACCOUNTS_RECEIVABLE)
    monkeypatch.setattr(pages, "MOST_LINES", 1)
    answer = ada.get(f"/ledger/accounts/{receivable.pk}/lines.csv?first=2026-11-01&last=2026-11-30")
    assert answer.status_code == 400 and answer.content.decode() == "More than 1 lines: choose fewer days."
