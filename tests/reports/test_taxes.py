"""The tax report: worked by hand, and always what moved on the account Tax payable."""

import csv
import io
import re
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.lowering.credit_taxes import credited_taxes
from apps.billing.models import CreditNote
from apps.ledger import journal
from apps.ledger.general import Days, GeneralLedger
from apps.ledger.models import Account, JournalEntry
from apps.reports import taxes
from apps.reports.periods import Period
from tests.cast import ada_at_work
from tests.kept import keep, undone
from tests.reports.clinic import DAY, at, open_work

Role = Account.Role
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
ASKED = "first=2026-05-01&last=2026-05-31"


def D(text):  # noqa: N802 - reads as the figure it is
    return Decimal(text)


@keep
def kept_work():
    """A worked case: 10.10 at 5 %, 3 × 19.99 less 10 % at 18 %, 20.20 without tax; and 100.00 at 18 %, of
    which nothing is left."""
    with ada_at_work() as ada:
        work = open_work(ada)
        made = invoicing.draft(work.asha, by=ada, at=at(DAY))
        for line in (
            {"unit_price": "10.10", "tax_name": "GST", "tax_rate": 5},
            {"unit_price": "19.99", "quantity": 3, "tax_name": "GST", "tax_rate": 18},
            {"unit_price": "20.20"},
        ):
            invoicing.add_charge(made, description="Care", by=ada, at=at(DAY), **line)
        invoicing.issue(made, by=ada, at=at(DAY))
        wrong = work.charge("100.00", on=DAY, tax=("GST", 18))
        invoicing.void(wrong, by=ada, at=at(date(2026, 6, 2)), reason="Wrong", disposition="credit")
    return work


@pytest.fixture
def work(kept_work):
    return kept_work


def told(period=MAY, **more):
    return {row.words: tuple(getattr(row, name) for name in taxes.AMOUNTS) for row in taxes.report(period, **more)}


def test_each_tax_at_each_rate(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        assert told() == {
            "Without tax": (D("20.20"), 0, 0, 0, D("20.20"), 0),
            "GST 5 %": (D("10.10"), D("0.51"), 0, 0, D("10.10"), D("0.51")),
            "GST 18 %": (D("159.97"), D("28.79"), 0, 0, D("159.97"), D("28.79")),
        }


def test_a_void_is_taken_back_in_its_own_month(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        june = Period(date(2026, 6, 1), date(2026, 6, 30))
        assert told(june) == {"GST 18 %": (0, 0, 100, 18, -100, -18)}
        whole = Period(date(2026, 5, 1), date(2026, 6, 30))
        assert told(whole)["GST 18 %"] == (D("159.97"), D("28.79"), 100, 18, D("59.97"), D("10.79"))
        assert told(whole, known_at=at(DAY, 20))["GST 18 %"][-1] == D("28.79")


def test_several_taxes_of_a_charge_have_a_row_each_and_its_base_counts_once(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        made = invoicing.draft(work.asha, by=cast.ada, at=at(DAY))
        both = [{"name": "CGST", "rate": "9"}, {"name": "SGST", "rate": "9"}]
        line = invoicing.add_charge(made, description="Care", unit_price="33.33", taxes=both, by=cast.ada, at=at(DAY))
        invoicing.issue(made, by=cast.ada, at=at(DAY))
        rows = told()
        assert rows["CGST 9 %"] == rows["SGST 9 %"] == (D("33.33"), 3, 0, 0, D("33.33"), 3)
        assert taxes.total(taxes.report(MAY), "base") == D("190.27") + D("33.33")
        crediting.credit(made, lines=[(line, "13.11")], reason="Too much", by=cast.ada, at=at(DAY, 13))
        assert told()["CGST 9 %"] == (D("33.33"), 3, D("11.11"), 1, D("22.22"), 2)
        assert told()["SGST 9 %"] == (D("33.33"), 3, D("11.11"), 1, D("22.22"), 2)


def test_what_moves_the_account_otherwise_has_its_own_row(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        lines = [journal.Line(Role.TAX_PAYABLE, debit=Decimal(7)), journal.Line(Role.BANK, credit=Decimal(7))]
        journal.post(
            effective_on=DAY, description="Paid to the office", source="other", source_id=None, lines=lines, by=None,
            at=datetime(2026, 5, 11, tzinfo=UTC),
        )  # fmt: skip
        assert told()["Write-offs and other entries"] == (0, 0, 0, 7, 0, -7)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "issue", "void", "credit", "write off"]),
        st.lists(st.tuples(st.integers(1, 30_000), st.sampled_from(["0", "5", "12.5", "18"])), min_size=1, max_size=3),
        st.sampled_from(["GST", "VAT", ""]),
        st.integers(1, 3),
    ),
    max_size=8,
)


@keep
def kept_clinic():
    """Where nothing has been charged yet."""
    with ada_at_work() as ada:
        return open_work(ada)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS)
def test_it_is_what_moved_on_the_account_in_any_days_and_as_known_at_any_moment(kept_clinic, riverside, cast, steps):
    with riverside.inside(by=cast.ada), undone():
        work = deepcopy(kept_clinic)
        for number, (what, lines, name, quantity) in enumerate(steps):
            day = DAY + timedelta(days=number)
            issued = list(work.asha.invoices.issued().order_by("number"))
            if what == "issue":
                made = invoicing.draft(work.asha, by=cast.ada, at=at(day))
                for cents, rate in lines:
                    several = [{"name": f"{name} {each}", "rate": rate} for each in "ABC"[: 1 + cents % 3]]
                    price = Decimal(cents) / 100
                    invoicing.add_charge(
                        made, description="Care", unit_price=price, quantity=quantity, taxes=several, by=cast.ada,
                        at=at(day),
                    )  # fmt: skip
                back = day - timedelta(days=quantity - 1)
                invoicing.issue(made, by=cast.ada, at=at(day), issue_date=back)
            elif issued and what == "credit" and not issued[0].written_off:
                first = crediting.left_of(issued[0])[0]
                if amount := min(first.total, Decimal(lines[0][0]) / 100):
                    parts = [(first.line, amount)]
                    crediting.credit(issued[0], lines=parts, reason="Too much", by=cast.ada, at=at(day))
            elif issued and what == "write off" and issued[0].due:
                write_offs.write_off(issued[0], category="courtesy", reason="x", by=cast.ada, at=at(day))
            elif issued and not (chosen := issued[quantity % len(issued)]).credited:
                invoicing.void(chosen, by=cast.ada, at=at(day), reason="Wrong", disposition="credit")
        told, printed = _as_printed()
        assert told == printed
        for first in range(-3, len(steps), 3):
            for known_at in (None, at(DAY + timedelta(days=len(steps) // 2))):
                period = Period(DAY + timedelta(days=first), DAY + timedelta(days=first + 4))
                rows = taxes.report(period, known_at=known_at)
                ledger = GeneralLedger(Days(period.first, period.last, known_at))
                [payable] = [span for span in ledger.spans if span.account.role == Role.TAX_PAYABLE]
                assert taxes.total(rows, "tax") == payable.credits - payable.debits
                for row in rows:
                    parts = taxes.TaxParts(taxes.Which(row.name, row.rate), period, known_at=known_at)
                    assert (parts.base, parts.tax) == (row.base, row.tax)
                    assert sum(part.tax for part in parts) == row.tax


def _as_printed():
    """Of each credit note what it takes back, as its paper says it and as the report does."""
    whole = Period(DAY - timedelta(days=99), DAY + timedelta(days=99))
    told = {}
    for row in taxes.report(whole):
        for part in taxes.TaxParts(taxes.Which(row.name, row.rate), whole):
            if row.rate and part.description.startswith("Credit note"):
                told[part.entry, row.name, row.rate] = (-part.base, -part.tax)
    printed = {}
    for note in CreditNote.objects.select_related("invoice"):
        entry = JournalEntry.objects.get(source="credit_note_issued", source_id=note.pk)
        for one in credited_taxes(note, note.lines.prefetch_related("line__taxes")):
            if one.rate:
                printed[entry.pk, one.name, one.rate] = (one.base, one.tax)
    return told, printed


# --- as people open it ------------------------------------------------------------------------------------------------


@pytest.fixture
def ada(web, riverside, cast, work):
    return web(riverside, cast.ada)


def plain(amount):
    return Decimal(re.sub(r"[^\d.-]", "", amount.replace("−", "-")))


def test_every_row_leads_to_the_papers_that_make_it_and_the_sum_to_the_account(ada):
    page = ada.get(f"/reports/taxes/?{ASKED}")
    for row in page.context["rows"]:
        down = ada.get(row["href"])
        assert (down.context["base"], down.context["tax"]) == (row["amounts"][4][0], row["amounts"][5][0])
        assert sum(plain(part["tax"]) for part in down.context["rows"]) == plain(row["amounts"][5][0])
        assert "/billing/invoices/" in down.content.decode()
    account = ada.get(page.context["payable"])
    assert plain(account.context["total"]) == plain(page.context["totals"][5][0]) == D("29.30")


def test_the_sheet_the_paper_and_the_api_tell_the_same(ada, api, riverside, cast):
    answer = ada.get(f"/reports/taxes.csv?{ASKED}")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["Tax", "Rate", "Taxable, charged", "Tax charged"]
    assert ["GST", "18", "159.97", "28.79", "0.00", "0.00", "159.97", "28.79", "INR"] in rows
    assert rows[-1] == ["Total", "", "190.27", "29.30", "0.00", "0.00", "190.27", "29.30", "INR"]
    assert ada.get(f"/reports/taxes.pdf?{ASKED}").content[:5] == b"%PDF-"
    told = api(riverside, cast.bela).get(f"/api/v1/tax-report/?{ASKED}").json()
    assert (told["base"], told["tax"]) == ("190.27", "29.30")
    assert {row["rate"]: row["tax"] for row in told["rows"]} == {"0.000": "0.00", "5.000": "0.51", "18.000": "28.79"}
    assert api(riverside, cast.bela).get("/api/v1/tax-report/?first=x").status_code == 400


@pytest.mark.parametrize("query", ["first=x", "first=2026-05-02&last=2026-05-01", "known=soon"])
@pytest.mark.parametrize("path", ["taxes/", "taxes.csv", "taxes.pdf", "taxes/parts/"])
def test_what_makes_no_sense_is_refused_in_words(ada, path, query):
    assert ada.get(f"/reports/{path}?{query}&rate=5").status_code == 400


@pytest.mark.parametrize("query", ["", "rate=x", "rate=NaN", "rate=-1", "rate=101"])
def test_what_is_no_rate_is_not_found(ada, query):
    assert ada.get(f"/reports/taxes/parts/?{query}").status_code == 404


def test_more_invoices_cost_no_more_questions(ada, riverside, cast, work):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert ada.get(f"/reports/taxes/?{ASKED}").status_code == 200
            assert ada.get(f"/reports/taxes/parts/?{ASKED}&tax=GST&rate=18").status_code == 200
        return len(asked)

    questions()
    few = questions()
    with riverside.inside(by=cast.ada):
        for _ in range(3):
            work.charge("10.00", on=DAY, tax=("GST", 18))
    assert questions() == few


def test_lakeside_sees_nothing_of_it(web, lakeside, cast, work):
    assert web(lakeside, cast.lena).get(f"/reports/taxes/?{ASKED}").context["rows"] == []
