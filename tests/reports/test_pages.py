"""The dashboard and its drill-down as people open them."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.billing.gateways import which
from apps.core import naming
from apps.core.naming import Name
from tests.cast import ada_at_work
from tests.kept import keep
from tests.reports.books import Role, issue, pay, void

NOVEMBER = "?month=2026-11"


@keep
def kept_books():
    with ada_at_work():
        first = issue(date(2026, 11, 2), "200.00", tax="36.00")
        pay(first, date(2026, 11, 2), "100.00")
        pay(first, date(2026, 11, 3), "136.00", Role.CARD)
        second = issue(date(2026, 11, 3), "100000.00")
        void(issue(date(2026, 11, 3), "5.00"), date(2026, 11, 3))
    return first, second


@pytest.fixture
def books(kept_books):
    return kept_books


@pytest.fixture
def ada(web, riverside, cast, books):
    return web(riverside, cast.ada)


def test_the_dashboard_shows_the_month_in_the_clinics_currency(ada):
    page = ada.get(f"/reports/{NOVEMBER}").content.decode()
    assert "Revenue, November 2026" in page
    for amount in ("₹1,00,236.00", "₹236.00", "₹1,00,000.00"):
        assert amount in page
    assert page.count('<rect class="mark') == 60
    assert "style=" not in page
    assert "<script>" not in page


def test_where_the_books_begin_later_nothing_is_compared(ada):
    page = ada.get(f"/reports/{NOVEMBER}").content.decode()
    assert page.count("nothing to compare with") == 4
    assert "The books begin on 2 November 2026" in page
    assert '% <span class="quiet">on' not in page
    december = ada.get("/reports/?month=2026-12").content.decode()
    assert "nothing to compare with" not in december
    assert "The books begin" not in december


def test_every_link_of_the_dashboard_leads_to_lines_that_add_up(ada):
    page = ada.get(f"/reports/{NOVEMBER}").content.decode()
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/reports/figures/[^"]+)"', page)}
    assert {urlsplit(link).path.rstrip("/").rpartition("/")[2] for link in links} == {
        "charges", "receipts", "revenue", "open", "cash", "card", "upi", "bank",
    }  # fmt: skip
    for link in links:
        answer = ada.get(link)
        assert answer.status_code == 200
        if parts := answer.context.get("parts"):
            total = sum(Decimal(part["amount"].replace(",", "").replace("−", "-")) for part in parts)
            for part in parts:
                lines = [Decimal(line["amount"].replace(",", "").replace("−", "-")) for line in part["lines"]]
                assert sum(lines) == Decimal(part["amount"].replace(",", "").replace("−", "-"))
            assert answer.context["total"].replace(",", "").replace("₹", "").replace("−", "-") == str(total)


def test_what_a_gateway_holds_is_told_where_there_is_one_or_was_money(ada, riverside, cast, books):
    def told() -> list[bool]:
        return [
            "Gateway clearing" in ada.get(f"/reports/{path}").content.decode() for path in (NOVEMBER, "revenue.csv")
        ]

    assert told() == [False, False]
    with riverside.inside(by=cast.ada):
        pay(books[1], date(2026, 10, 31), "1.00", Role.GATEWAY_CLEARING)
    assert told() == [True, True]


def test_what_a_gateway_holds_is_told_before_it_holds_anything(ada, riverside, cast):
    with riverside.inside(by=cast.ada):
        which.set_up(merchant="riverside", key="a key of the gateway", is_active=False, by=cast.ada, at=timezone.now())
    assert "/reports/figures/gateway_clearing/" in ada.get(f"/reports/{NOVEMBER}").content.decode()


def test_a_figure_of_a_day_leads_to_entries_and_on_to_their_lines(ada, books):
    day = ada.get("/reports/figures/charges/?first=2026-11-02&last=2026-11-02")
    assert [part["amount"] for part in day.context["parts"]] == ["236.00"]  # the payment of the day moves none
    entry = ada.get(reverse("ledger:entry", args=[books[0].entry.pk]))
    assert entry.status_code == 200
    assert entry.content.decode().count("236.00") == 3  # the line and both totals


def test_names_come_from_whoever_registered_them(ada, books, monkeypatch):
    visit = books[0]
    known = {
        "patient": {visit.patient: Name("PAT-2026-00042", "/patients/42/", "Meera Iyer")},
        "document": {visit.invoice: Name("INV-2026-00007", "/billing/7/")},
    }
    for kind, names in known.items():
        monkeypatch.setitem(naming._namers, kind, lambda ids, reader, names=names: names)
    page = ada.get("/reports/figures/open/?first=2026-11-01&last=2026-11-02").content.decode()
    assert '<a href="/patients/42/">PAT-2026-00042</a> <bdi class="quiet">Meera Iyer</bdi>' in page
    assert '<a href="/billing/7/">INV-2026-00007</a>' in page


def test_the_open_balance_leads_to_what_is_open_and_on_to_its_lines(ada, books):
    answer = ada.get("/reports/figures/open/?first=2026-11-01&last=2026-11-02")
    (item,) = answer.context["items"]
    assert (item["amount"], answer.context["total"]) == ("136.00", "₹136.00")
    lines = ada.get(item["lines"])
    assert [row["balance"] for row in lines.context["rows"]] == ["236.00", "136.00"]


def test_the_export_is_the_table_with_plain_numbers(ada):
    answer = ada.get(f"/reports/revenue.csv{NOVEMBER}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:5] == ["From", "To", "Charges", "Receipts", "Cash"]
    assert rows[2][:4] == ["2026-11-02", "2026-11-02", "236.00", "100.00"]
    assert rows[-1][:4] == ["Total", "", "100236.00", "236.00"]
    assert len(rows) == 32


@pytest.mark.parametrize(
    "query", ["?month=2026-13", "?first=x", "?first=2026-11-05&last=2026-11-01", "?last=9999-12-31"]
)
def test_days_that_make_no_sense_are_refused_in_words(ada, query):
    assert ada.get(f"/reports/{query}").status_code == 400
    assert ada.get(f"/reports/figures/charges/{query}").status_code == 400
    assert ada.get(f"/reports/revenue.csv{query}").status_code == 400


def test_a_figure_that_does_not_exist_is_not_found(ada):
    assert ada.get("/reports/figures/profit/").status_code == 404


def test_htmx_gets_the_changing_part_only(ada):
    page = ada.get(f"/reports/{NOVEMBER}", headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="revenue"')


def test_the_journal_shows_what_both_sides_of_an_entry_come_to(ada, books):
    page = " ".join(ada.get("/ledger/").content.decode().split())
    head = re.search(r'<th scope="col" class="num" title="([^"]*)">(\w+) <span', page)
    assert head.groups() == ("What its debits come to; its credits come to the same", "Total")
    assert 'data-label="Total">236.00</td>' in page
    assert "Amount" not in page


def test_lakeside_sees_nothing_of_riverside(web, lakeside, cast, books):
    lena = web(lakeside, cast.lena)
    page = lena.get(f"/reports/{NOVEMBER}").content.decode()
    assert "236.00" not in page
    assert lena.get(reverse("ledger:entry", args=[books[0].entry.pk])).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/reports/?month=2026-11", "/reports/figures/charges/?month=2026-11", "/reports/figures/open/?month=2026-11",
     "/ledger/", "/ledger/trial-balance/"],
)  # fmt: skip
def test_pages_ask_no_more_questions_for_more_entries(ada, riverside, cast, path):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert ada.get(path).status_code == 200
        return len(asked)

    questions()
    few = questions()
    with riverside.inside(by=cast.ada):
        for day in range(1, 25):
            visit = issue(date(2026, 11, 1) + timedelta(days=day), "10.00")
            pay(visit, date(2026, 11, 1) + timedelta(days=day), "5.00")
    assert questions() == few
    assert few <= 21


def test_the_journal_is_searched_by_day_account_and_number(ada, riverside, cast, books):
    def numbers(query):
        return [row["entry"].number for row in ada.get(f"/ledger/{query}").context["entries"]]

    everything = numbers("")
    assert everything == sorted(everything, key=lambda n: n, reverse=True) or len(everything) == 6
    with riverside.inside(by=cast.ada):
        from apps.ledger.models import Account

        card = Account.objects.get(role=Role.CARD).pk
    assert len(numbers("?first=2026-11-03")) == 4
    assert len(numbers(f"?account={card}")) == 1
    assert numbers(f"?number={books[0].entry.number}") == [books[0].entry.number]
    assert ada.get("/ledger/?account=nonsense").status_code == 400
    assert numbers("?number=JRN-1999") == []


def test_the_trial_balance_can_be_drawn_for_any_day(ada):
    page = ada.get("/ledger/trial-balance/?day=2026-11-02")
    assert page.context["debit_total"] == page.context["credit_total"] == "236.00"
    assert ada.get("/ledger/trial-balance/?day=2026-11-02&known=2026-11-01").context["debit_total"] == "0.00"
    assert ada.get("/ledger/trial-balance/?day=soon").status_code == 400


def test_an_account_is_renamed_by_the_clinic_admin_only(ada, web, riverside, cast, books):
    with riverside.inside(by=cast.ada):
        from apps.ledger.models import Account

        cash = Account.objects.get(role=Role.CASH)
    address = reverse("ledger:rename_account", args=[cash.pk])
    assert ada.get(address).status_code == 200
    assert ada.post(address, {"name": ""}).status_code == 400
    assert ada.post(address, {"name": "Front till"}).status_code == 302
    assert "Front till" in ada.get("/ledger/trial-balance/").content.decode()
    assert web(riverside, cast.bela).post(address, {"name": "Mine"}).status_code == 403
