"""Every figure can be followed down: its link leads to lines (or papers) that come to exactly it, those to an entry,
the entry to a paper, and the paper says in words how it adds up."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.billing import invoicing
from apps.billing.gateways import settling
from apps.billing.lowering import crediting, taking_back, write_offs
from apps.billing.paying import credit
from apps.ledger.models import Account
from apps.patients import merging
from tests.cast import ada_at_work
from tests.kept import keep
from tests.patients.factories import PatientFactory
from tests.reports.clinic import DAY, at, open_work

MAY = "first=2026-05-01&last=2026-05-31"
AMOUNT = re.compile(r"[−-]?[₹\s]*[\d,]+\.\d\d")
LINK = re.compile(r'<a[^>]*href="([^"]+)"[^>]*>(.*?)</a>', re.DOTALL)


def plain(words):
    return Decimal(re.sub(r"[^\d.-]", "", words.replace("−", "-")))


@keep
def kept_work():
    """An invoice of two lines with tax, paid in part and in two ways; one made void; a deposit, used in part; a refund;
    a second record of Asha's, merged with hers."""
    with ada_at_work() as ada:
        work = open_work(ada)
        work.first = work.charge("100.00", "33.33", on=DAY, visit=0, tax=("GST", 18))
        work.paid = work.pay("60.00", work.first, on=DAY, method="card")
        work.lowered = work.charge("80.00", on=DAY, tax=("GST", 5))
        crediting.credit(work.lowered, amount="10.00", reason="Too much", by=ada, at=at(DAY, 13))
        wrong = crediting.credit(work.lowered, amount="7.00", reason="Wrong", by=ada, at=at(DAY, 13))
        taking_back.take_back(wrong, reason="It was right", by=ada, at=at(DAY, 13))
        write_offs.write_off(work.lowered, amount="4.00", category="courtesy", reason="Kind", by=ada, at=at(DAY, 14))
        work.void = wrong = work.charge("50.00", on=DAY, visit=1)
        work.pay("50.00", wrong, on=DAY)
        invoicing.void(wrong, by=ada, at=at(DAY + timedelta(days=1)), reason="Wrong", disposition="credit")
        credit.use_credit(work.first, amount="20.00", by=ada, at=at(DAY + timedelta(days=2)))
        work.give_back(work.paid, "10.00", on=DAY + timedelta(days=3), method="upi")
        by_link = work.pay("30.00", work.first, on=DAY, method="link")
        work.pay("6.00", work.first, on=DAY, method="link")
        work.settled = settling.settle(payments=[by_link.pk], amount="29.00", by=ada, at=at(DAY, 15))
        other = PatientFactory(by=ada, given_name="Asha")
        extra = invoicing.draft(other, by=ada, at=at(DAY))
        invoicing.add_charge(extra, description="Care", unit_price="7.00", by=ada, at=at(DAY))
        invoicing.issue(extra, by=ada, at=at(DAY))
        work.receivable = Account.objects.get(role="accounts_receivable").pk
        merging.merge(work.asha, other, by=ada, at=at(DAY + timedelta(days=4)), reason="The same person.")
    return work


@pytest.fixture
def work(kept_work):
    return kept_work


@pytest.fixture
def ada(web, riverside, cast, work):
    return web(riverside, cast.ada)


def figures_of(client, path):
    """Every link of a page whose words are an amount, with the amount."""
    answer = client.get(path)
    assert answer.status_code == 200
    page = answer.content.decode().split("<main")[1].split("</main")[0]
    found = []
    for href, inside in LINK.findall(page):
        words = unescape(re.sub(r"<[^>]+>", " ", inside)).strip()
        if AMOUNT.fullmatch(words):
            found.append((unescape(href), plain(words)))
    return found


def sums_of(client, href):
    """What the page that a figure leads to comes to: of its lines, or of the invoices that it lists."""
    answer = client.get(href)
    assert answer.status_code == 200, href
    told = answer.context
    if "closing" in told:
        rows = [plain(row["debit"] or "0") - plain(row["credit"] or "0") for row in told["rows"]]
        opening = plain(told["opening"])
        side = 1 if told["account"].grows_by_debit else -1
        assert opening + side * sum(rows) == plain(told["closing"])
        return {plain(told["closing"])}
    if "parts" in told:
        lines = [plain(line["amount"]) for part in told["parts"] for line in part["lines"]]
    elif "items" in told:
        lines = [plain(item["amount"]) for item in told["items"]]
    elif "base" in told:
        assert sum(plain(row["base"]) for row in told["rows"]) == plain(told["base"])
        assert sum(plain(row["tax"]) for row in told["rows"]) == plain(told["tax"])
        return {plain(told["base"]), plain(told["tax"])}
    else:
        lines = [plain(row["amount"]) for row in told["rows"]]
    assert sum(lines) == plain(told["total"]), href
    return {plain(told["total"])}


PAGES = {
    "trial balance": ("/ledger/trial-balance/?day=2026-05-31", 9),
    "trial balance as known": ("/ledger/trial-balance/?day=2026-05-31&known=2026-05-11", 8),
    "general ledger": (f"/ledger/general/?{MAY}", 11),
    "dashboard": (f"/reports/?{MAY}", 10),
    "ageing": ("/reports/ageing/?day=2026-06-30", 4),
    "ageing as known": ("/reports/ageing/?day=2026-06-30&known=2026-05-11", 4),
    "taxes": (f"/reports/taxes/?{MAY}", 20),
    **{
        f"by {by}": (f"/reports/breakdown/?{MAY}&by={by}", least)
        for by, least in (("day", 8), ("month", 6), ("provider", 8), ("department", 7), ("type", 6), ("method", 6))
    },
    "account": ("/billing/patients/{asha}/", 14),
    "account of some days": ("/billing/patients/{asha}/?first=2026-05-12&last=2026-05-31", 7),
    "account as known": ("/billing/patients/{asha}/?known=2026-05-12", 12),
    "statement of an account": ("/ledger/accounts/{receivable}/?first=&last=", 13),
    "statement of some days": ("/ledger/accounts/{receivable}/?first=2026-05-12&last=2026-05-31", 4),
    "statement of a person": ("/ledger/accounts/{receivable}/?first=&last=&subject={asha}", 10),
    "invoice": ("/billing/invoices/{invoice}/", 10),
    "invoice that was lowered": ("/billing/invoices/{lowered}/", 15),
    "void invoice": ("/billing/invoices/{void}/", 9),
    "payment": ("/billing/payments/{payment}/", 2),
    "what a gateway holds": ("/billing/settlements/", 1),
    "settlement": ("/billing/settlements/{settlement}/", 3),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_leads_to_what_comes_to_exactly_it(ada, work, name):
    path, least = PAGES[name]
    ids = {
        "asha": work.asha.pk,
        "invoice": work.first.pk,
        "lowered": work.lowered.pk,
        "void": work.void.pk,
        "payment": work.paid.pk,
        "settlement": work.settled.pk,
        "receivable": work.receivable,
    }
    figures = figures_of(ada, path.format(**ids))
    assert len(figures) >= least
    for href, amount in figures:
        assert amount in sums_of(ada, href), href


def test_every_card_and_every_bar_of_the_chart_leads_to_its_lines(ada):
    answer = ada.get(f"/reports/?{MAY}")
    cards = [(card["href"], plain(card["amount"])) for card in answer.context["cards"]]
    bars = [(bar.href, plain(AMOUNT.search(bar.words).group())) for bar in answer.context["chart"].bars]
    assert (len(cards), len(bars)) == (4, 62)
    for href, amount in [*cards, *(bar for bar in bars if bar[1])]:
        assert sums_of(ada, href) == {amount}


def test_from_a_balance_to_the_line_the_entry_the_paper_and_its_words(ada, work):
    figures = figures_of(ada, f"/billing/invoices/{work.first.pk}/")
    [href] = [href for href, _amount in figures if "role=tax_payable" in href]
    lines = ada.get(href).content.decode()
    entry = ada.get(re.search(r'href="(/ledger/entries/[0-9a-f-]+/)"', lines).group(1)).content.decode()
    paper = re.search(r'href="(/billing/invoices/[0-9a-f-]+/)"', entry).group(1)
    assert paper == f"/billing/invoices/{work.first.pk}/"
    words = ada.get(paper).content.decode()
    assert "GST 18 % of ₹33.33 = ₹6.00 (5.9994 rounded half up)" in words
    assert "is revenue" in words
    payment = ada.get(f"/billing/payments/{work.paid.pk}/").content.decode()
    assert "₹60.00 came in" in payment and "less ₹10.00 given back: ₹50.00" in payment


def test_who_may_not_read_the_books_sees_the_amounts_without_links(web, riverside, cast, work):
    page = web(riverside, cast.sara).get(f"/billing/invoices/{work.first.pk}/").content.decode()
    assert "/ledger/lines/" not in page and "₹157.33" in page


@pytest.mark.parametrize(
    "query",
    [
        "",
        "role=gold",
        "role=cash&side=left",
        "role=cash&subject=x",
        "role=cash&document=x",
        "role=cash&from=1",
        "role=cash&until=x",
        "role=cash&until=-1",
    ],
)
def test_what_is_no_figure_is_not_found(ada, query):
    assert ada.get(f"/ledger/lines/?{query}").status_code == 404


@pytest.mark.parametrize(
    "query", ["rate=18&side=left", "rate=18&document=x", "rate=many", "rate=101", "rate=NaN", "rate=18&side=both"]
)
def test_what_is_no_part_of_the_taxes_is_not_found(ada, query):
    assert ada.get(f"/reports/taxes/parts/?{MAY}&{query}").status_code == 404


@pytest.mark.parametrize("query", ["bucket=young", "person=x"])
def test_what_is_no_part_of_the_ageing_is_not_found(ada, query):
    assert ada.get(f"/reports/ageing/parts/?{query}").status_code == 404


def test_days_that_make_no_sense_are_refused(ada):
    assert ada.get("/ledger/lines/?role=cash&first=x").status_code == 400
    assert ada.get("/reports/ageing/parts/?day=x").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/ledger/lines/?role=accounts_receivable",
        "/ledger/accounts/{account}/?first=&last=",
        "/ledger/accounts/{account}/lines.csv?first=&last=",
        "/ledger/accounts/{account}/lines.pdf?first=&last=",
        f"/reports/figures/charges/?{MAY}",
        f"/reports/figures/open/?{MAY}",
        "/reports/ageing/parts/?day=2026-06-30",
        "/reports/ageing.pdf?day=2026-06-30",
    ],
)
def test_whoever_is_shown_with_money_was_read(ada, riverside, cast, work, path):
    with riverside.inside(by=cast.ada):
        account = Account.objects.get(role="accounts_receivable").pk
        mine = AuditEvent.objects.filter(action="read", actor=f"user:{cast.ada.pk}", patient_id=work.asha.pk)
        before = mine.count()
    assert ada.get(path.format(account=account)).status_code == 200
    with riverside.inside(by=cast.ada):
        assert mine.count() >= before + 2  # the name, and the books or the receivables


def test_more_lines_cost_no_more_questions(ada, riverside, cast, work):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert ada.get("/ledger/lines/?role=accounts_receivable").status_code == 200
            assert ada.get("/reports/ageing/parts/?day=2026-06-30").status_code == 200
        return len(asked)

    questions()
    few = questions()
    with riverside.inside(by=cast.ada):
        for _ in range(3):
            work.charge("10.00", on=DAY)
    assert questions() == few


def test_lakeside_sees_no_line_of_it(web, lakeside, cast, work):
    lena = web(lakeside, cast.lena)
    for query in ("role=accounts_receivable", f"role=accounts_receivable&document={work.first.pk}"):
        assert lena.get(f"/ledger/lines/?{query}").context["rows"] == []
    assert lena.get(f"/reports/ageing/parts/?day=2026-06-30&person={work.asha.pk}").context["rows"] == []


def test_every_account_of_the_chart_is_reached(ada, riverside, cast):
    with riverside.inside(by=cast.ada):
        roles = Account.Role.values
    assert ada.get("/ledger/lines/?" + "&".join(f"role={role}" for role in roles)).context["total"] == "₹0.00"
