"""The general ledger: every account between its balance before and after, on the page, in files, through the API."""

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import sheets
from apps.ledger import balances
from apps.ledger.general import Days, GeneralLedger
from apps.ledger.models import Account, JournalEntry, JournalLine
from apps.ledger.views import general_ledger
from tests.cast import ada_at_work
from tests.kept import keep
from tests.reports.books import Role, issue, pay, void

NOVEMBER = "first=2026-11-01&last=2026-11-30"


@keep
def kept_books():
    """October: 50.00 charged. November: 236.00 charged and 100.00 of it paid; 5.00 charged and made void."""
    with ada_at_work():
        issue(date(2026, 10, 5), "50.00")
        visit = issue(date(2026, 11, 2), "200.00", tax="36.00")
        pay(visit, date(2026, 11, 3), "100.00")
        void(issue(date(2026, 11, 4), "5.00"), date(2026, 11, 6))


@pytest.fixture
def books(kept_books):
    """They are there."""


@pytest.fixture
def ada(web, riverside, cast, books):
    return web(riverside, cast.ada)


def rows_of(answer):
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and answer["Cache-Control"] == "no-store"
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_each_account_goes_from_its_balance_before_to_its_balance_after(riverside, cast, books):
    with riverside.inside(by=cast.ada):
        ledger = GeneralLedger(Days(date(2026, 11, 1), date(2026, 11, 30)))
        told = {span.account.role: (span.opening, span.debits, span.credits, span.closing) for span in ledger.spans}
        assert told[Role.ACCOUNTS_RECEIVABLE] == (50, 241, 105, 186)
        assert told[Role.DEFERRED_REVENUE] == (50, Decimal("89.75"), 205, Decimal("165.25"))
        assert told[Role.CASH] == (0, 100, 0, 100) and told[Role.CARD] == (0, 0, 0, 0)
        assert len(ledger) == JournalLine.objects.filter(effective_on__gte=date(2026, 11, 1)).count() == 11
        for span in ledger.spans:
            assert span.closing == balances.balance(span.account.role, effective_on=date(2026, 11, 30))


def test_a_page_cut_anywhere_carries_the_balance_on(riverside, cast, books):
    with riverside.inside(by=cast.ada):
        ledger = GeneralLedger(Days(date(2026, 11, 1)))
        whole = [(moved.line.pk, moved.balance) for section in ledger[:] for moved in section.moved]
        assert len(whole) == len(ledger)
        for size in (1, 2, 5):
            cut = [ledger[start : start + size] for start in range(0, len(ledger), size)]
            assert [
                (moved.line.pk, moved.balance) for page in cut for section in page for moved in section.moved
            ] == whole
        assert {section.span.account.role for section in ledger[:] if section.is_last} == {
            section.span.account.role for section in ledger[:]
        }
        assert ledger[99:120] == []


def test_as_known_before_a_correction_the_ledger_is_what_it_was(riverside, cast, books):
    with riverside.inside(by=cast.ada):
        known = GeneralLedger(Days(None, date(2026, 11, 30), datetime(2026, 11, 5, tzinfo=UTC)))
        told = {span.account.role: span.closing for span in known.spans}
        assert told[Role.ACCOUNTS_RECEIVABLE] == 191
        assert told[Role.DEFERRED_REVENUE] == Decimal("170.25")


def test_the_page_names_accounts_entries_and_both_balances_but_no_person(ada):
    page = ada.get(f"/ledger/general/?{NOVEMBER}").content.decode()
    assert "General ledger, 1 Nov 2026 – 30 Nov 2026" in page and "Brought forward" in page
    assert len(re.findall(r'href="/ledger/entries/[0-9a-f-]+/"', page)) == 11
    assert "/patients/" not in page.split("<main")[1].split("</main")[0]
    known = ada.get(f"/ledger/general/?{NOVEMBER}&known=2026-11-05T09:00").content.decode()
    assert "as known at 5 Nov 2026, 09:00" in known
    assert len(re.findall(r'href="/ledger/entries/[0-9a-f-]+/"', known)) == 9


def test_later_pages_go_on_where_the_one_before_ended(ada, monkeypatch):
    monkeypatch.setattr(general_ledger, "LINES_A_PAGE", 5)
    pages = [ada.get(f"/ledger/general/?{NOVEMBER}&page={number}") for number in (1, 2, 3)]
    lines = [len(section["rows"]) for page in pages for section in page.context["sections"]]
    assert lines == [1, 4, 4, 1, 1]
    assert "General ledger, 1 Nov" in pages[0].content.decode()
    assert "General ledger, 1 Nov" not in pages[1].content.decode()


def test_every_account_of_the_page_leads_to_its_statement_with_that_balance(ada):
    answer = ada.get(f"/ledger/general/?{NOVEMBER}")
    links = re.findall(r'href="(/ledger/accounts/[^"]+)">([\d.,−]+)</a>', answer.content.decode())
    assert len(links) == len(Account.Role.values)
    for link, closing in links:
        assert ada.get(link.replace("&amp;", "&")).context["closing"] == closing


def test_the_sheet_has_every_line_between_the_balances(ada, monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_A_PIECE", 4)
    rows = rows_of(ada.get(f"/ledger/general.csv?{NOVEMBER}"))
    assert len(rows) == 1 + 11 + 2 * len(Account.Role.values)
    cash = [row[2:] for row in rows if row[1] == "Cash"]
    entry = cash[1][1]
    assert cash == [
        ["", "", "Brought forward", "", "", "0.00", "INR"],
        ["2026-11-03", entry, "Payment received", "100.00", "0.00", "100.00", "INR"],
        ["", "", "Carried forward", "100.00", "0.00", "100.00", "INR"],
    ]


def test_formulas_in_names_and_descriptions_are_only_text(ada, riverside, cast):
    with riverside.inside(by=cast.ada):
        from apps.ledger import accounts, journal

        till = Account.objects.get(role=Role.CASH)
        at = datetime(2026, 11, 7, tzinfo=UTC)
        accounts.rename(till, name="=1+1", by=cast.ada, at=at)
        lines = [journal.Line(Role.CASH, debit=Decimal(1)), journal.Line(Role.REVENUE, credit=Decimal(1))]
        journal.post(
            effective_on=at.date(), description="@SUM(A1)", source="x", source_id=None, lines=lines, by=None, at=at
        )
    cells = [cell for row in rows_of(ada.get(f"/ledger/general.csv?{NOVEMBER}")) for cell in row]
    assert {"'=1+1", "'@SUM(A1)"} <= set(cells) and not {"=1+1", "@SUM(A1)"} & set(cells)


@pytest.mark.parametrize(
    "path", ["/ledger/general.pdf", "/ledger/trial-balance.pdf", "/ledger/accounts/{cash}/lines.pdf"]
)
def test_each_is_a_pdf_too(ada, riverside, cast, path):
    with riverside.inside(by=cast.ada):
        cash = Account.objects.get(role=Role.CASH).pk
    answer = ada.get(f"{path.format(cash=cash)}?{NOVEMBER}&known=2026-11-05")
    assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "query", ["first=x", "first=2026-11-05&last=2026-11-01", "known=soon", "known=2026-11-05T25:00"]
)
@pytest.mark.parametrize("path", ["/ledger/general/", "/ledger/general.csv", "/ledger/general.pdf"])
def test_what_makes_no_sense_is_refused_in_words(ada, path, query):
    answer = ada.get(f"{path}?{query}")
    assert answer.status_code == 400 and answer.content


def test_a_paper_has_an_end(ada, monkeypatch):
    from apps.ledger.documents import papers

    monkeypatch.setattr(papers, "MOST_ROWS", 3)
    answer = ada.get(f"/ledger/general.pdf?{NOVEMBER}")
    assert answer.status_code == 400
    assert answer.content.decode() == "More than 3 rows: choose fewer days, or take the CSV."


def test_the_api_tells_the_same(api, riverside, cast, books):
    bela = api(riverside, cast.bela)
    told = bela.get(f"/api/v1/general-ledger/?{NOVEMBER}&page_size=5").json()
    assert told["count"] == 11 and len(told["results"]) == 5
    [cash] = [one for one in told["accounts"] if one["name"] == "Cash"]
    assert (cash["opening"], cash["debits"], cash["credits"], cash["closing"]) == ("0.00", "100.00", "0.00", "100.00")
    second = bela.get(told["next"]).json()
    lines = bela.get(f"/api/v1/ledger-accounts/{cash['account']}/lines/?{NOVEMBER}").json()
    assert (lines["opening"], lines["closing"], lines["results"][0]["balance"]) == ("0.00", "100.00", "100.00")
    assert told["results"][0]["entry"] == lines["results"][0]["entry"]
    assert second["results"][0]["code"] >= told["results"][-1]["code"]
    trial = bela.get("/api/v1/trial-balance/?day=2026-11-30").json()
    assert trial["is_balanced"] and trial["debit_total"] == trial["credit_total"] == "286.00"
    known = bela.get("/api/v1/trial-balance/?day=2026-11-30&known_at=2026-11-05T00:00:00Z").json()
    assert known["debit_total"] == "291.00"
    for query in ("first=x", "first=2026-11-05&last=2026-11-01", "known_at=soon"):
        assert bela.get(f"/api/v1/general-ledger/?{query}").status_code == 400
        assert bela.get(f"/api/v1/ledger-accounts/{cash['account']}/lines/?{query}").status_code == 400


def test_more_lines_cost_no_more_questions(ada, api, riverside, cast):
    paths = [f"/ledger/general/?{NOVEMBER}", f"/ledger/general.pdf?{NOVEMBER}"]

    def questions():
        with CaptureQueriesContext(connection) as asked:
            for path in paths:
                assert ada.get(path).status_code == 200
        return len(asked)

    questions()
    few = questions()
    with riverside.inside(by=cast.ada):
        for day in range(7, 10):
            pay(issue(date(2026, 11, day), "10.00"), date(2026, 11, day), "5.00")
    assert questions() == few


def test_lakeside_sees_nothing_of_it(web, lakeside, cast, books):
    answer = web(lakeside, cast.lena).get(f"/ledger/general/?{NOVEMBER}")
    assert answer.context["sections"] == []
    with lakeside.inside(by=cast.lena):
        assert not JournalEntry.objects.exists()
