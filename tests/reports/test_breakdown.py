"""Revenue cut up: by hand, against the dashboard's figures, and each amount down to lines that add up to it."""

import csv
import io
import re
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.billing import invoicing
from apps.billing.paying import credit
from apps.reports import figures
from apps.reports.breakdown import OF_VISIT, WAYS, breakdown
from apps.reports.periods import Period
from tests.cast import ada_at_work
from tests.kept import keep, undone
from tests.reports.clinic import DAY, at, open_work

MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
ASKED = "first=2026-05-01&last=2026-05-31"


@keep
def kept_work():
    """Dr Rao: 236.00 with tax, 118.00 paid by card. Dr Sen: 50.00, paid in cash next day and 10.00 given back by UPI.
    At the desk: 20.00, paid from a deposit of 30.00 in cash."""
    with ada_at_work() as ada:
        work = open_work(ada)
        first = work.charge("200.00", on=DAY, visit=0, tax=("GST", 18))
        work.pay("118.00", first, on=DAY, method="card")
        second = work.charge("50.00", on=DAY, visit=1)
        paid = work.pay("50.00", second, on=DAY + timedelta(days=1))
        work.give_back(paid, "10.00", on=DAY + timedelta(days=2), method="upi")
        work.pay("30.00", on=DAY + timedelta(days=3))
        third = work.charge("20.00", on=DAY + timedelta(days=4))
        credit.use_credit(third, by=ada, at=at(DAY + timedelta(days=4)))
    return work


@pytest.fixture
def work(kept_work):
    return kept_work


def told(by, period=MAY, **more):
    return {row.words: (row.charged, row.earned, row.received) for row in breakdown(by, period, **more).rows}


def test_each_visit_counts_for_its_provider_department_and_kind(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        desk = (20, 20, 30)  # what was paid without an invoice, and the invoice without a visit
        assert told("provider") == {"Dr Rao": (236, 100, 118), "Dr Sen": (50, 40, 40), "No visit": desk}
        assert told("department") == {"Heart": (236, 100, 118), "No department, or no visit": (70, 60, 70)}
        assert told("type") == {"Check-up": (286, 140, 158), "No visit": desk}


def test_each_payment_counts_for_its_method(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        assert told("method") == {
            "Card": (0, 100, 118),
            "Cash": (0, 40, 80),  # 10.00 of it went back by UPI, and is no longer earned
            "UPI": (0, 0, -10),
            "Credit and corrections": (0, 20, 0),
        }


def test_days_and_months(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        assert told("month") == {"May 2026": (306, 160, 188)}
        assert told("day") == {
            "Mon 11 May 2026": (286, 100, 118),
            "Tue 12 May 2026": (0, 50, 50),
            "Wed 13 May 2026": (0, -10, -10),
            "Thu 14 May 2026": (0, 0, 30),
            "Fri 15 May 2026": (20, 20, 0),
        }


def test_as_known_before_the_refund(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        known = told("provider", known_at=at(DAY + timedelta(days=1), 20))
        assert known == {"Dr Rao": (236, 100, 118), "Dr Sen": (50, 50, 50)}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "pay", "deposit", "credit", "refund", "void"]),
        st.sampled_from([None, 0, 1]),
        st.integers(1, 300),
        st.sampled_from(["cash", "card", "cheque"]),
    ),
    max_size=12,
)


@keep
def kept_clinic():
    """Where nothing has been charged yet."""
    with ada_at_work() as ada:
        return open_work(ada)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS)
def test_however_it_is_cut_it_comes_to_the_dashboards_figures(kept_clinic, riverside, cast, steps):
    with riverside.inside(by=cast.ada), undone():
        work = deepcopy(kept_clinic)
        for number, (what, visit, amount, method) in enumerate(steps):
            day = DAY + timedelta(days=number)
            owed = [one for one in work.asha.invoices.issued() if one.due]
            taken = [one for one in work.asha.payments.all() if one.refundable]
            if what == "issue":
                work.charge(amount, on=day, visit=visit, tax=("GST", 18))
            elif what == "pay" and owed:
                work.pay(amount, owed[0], on=day, method=method)
            elif what == "deposit":
                work.pay(amount, on=day, method=method)
            elif what == "credit" and owed and credit.credit_of(work.asha):
                credit.use_credit(owed[0], by=cast.ada, at=at(day))
            elif what == "refund" and taken:
                work.give_back(taken[0], min(amount, taken[0].refundable), on=day, method=method)
            elif what == "void" and owed:
                invoicing.void(owed[0], by=cast.ada, at=at(day), reason="Wrong", disposition="credit")
        for period in (Period(DAY, DAY + timedelta(days=4)), Period(DAY, DAY + timedelta(days=30))):
            totals = figures.overview(period, today=period.last).totals
            for by in WAYS:
                found = breakdown(by, period)
                assert found.total("earned") == totals["revenue"]
                assert found.total("received") == totals["receipts"]
                assert found.total("charged") == (totals["charges"] if found.has_charges else 0)


# --- as people open it ------------------------------------------------------------------------------------------------


@pytest.fixture
def ada(web, riverside, cast, work):
    return web(riverside, cast.ada)


def plain(amount):
    return Decimal(re.sub(r"[^\d.-]", "", amount.replace("−", "-")))


@pytest.mark.parametrize("by", WAYS)
def test_every_amount_leads_to_lines_that_add_up_to_it(ada, by):
    page = ada.get(f"/reports/breakdown/?{ASKED}&by={by}")
    links = [cell for row in page.context["rows"] for cell in row["cells"]] + page.context["totals"]
    assert len(links) > 5
    for cell in links:
        if cell["href"]:
            down = ada.get(cell["href"])
            assert plain(down.context["total"]) == plain(cell["amount"])
            parts = [plain(line["amount"]) for part in down.context.get("parts", []) for line in part["lines"]]
            assert sum(parts) == plain(cell["amount"])


def test_the_page_says_what_it_means(ada):
    page = ada.get(f"/reports/breakdown/?{ASKED}&by=provider").content.decode()
    assert "<bdi>Dr Rao</bdi>" in page and "Earned: the part of the charges" in page and "style=" not in page
    assert "Charged:" not in ada.get(f"/reports/breakdown/?{ASKED}&by=method").content.decode()


def test_the_sheet_the_paper_and_the_api_tell_the_same(ada, api, riverside, cast):
    answer = ada.get(f"/reports/breakdown.csv?{ASKED}&by=provider")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        ["Provider", "Charged", "Earned", "Received", "Currency"],
        ["Dr Rao", "236.00", "100.00", "118.00", "INR"],
        ["Dr Sen", "50.00", "40.00", "40.00", "INR"],
        ["No visit", "20.00", "20.00", "30.00", "INR"],
        ["Total", "306.00", "160.00", "188.00", "INR"],
    ]
    assert ada.get(f"/reports/breakdown.pdf?{ASKED}&by=month").content[:5] == b"%PDF-"
    told = api(riverside, cast.bela).get(f"/api/v1/revenue/?{ASKED}&by=method").json()
    assert (told["earned"], told["received"], told["charged"]) == ("160.00", "188.00", "0.00")
    assert {row["key"]: row["received"] for row in told["rows"]}["upi"] == "-10.00"
    for query in ("by=colour", "first=x", "first=2026-05-02&last=2026-05-01", "first=2000-01-01&last=2026-01-01"):
        assert api(riverside, cast.bela).get(f"/api/v1/revenue/?{query}").status_code == 400


@pytest.mark.parametrize("query", ["by=colour", "first=x", "first=2026-05-02&last=2026-05-01", "known=soon"])
@pytest.mark.parametrize("path", ["breakdown/", "breakdown.csv", "breakdown.pdf"])
def test_what_makes_no_sense_is_refused_in_words(ada, path, query):
    assert ada.get(f"/reports/{path}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["by=colour", "by=provider&of=x", "by=method&of=gold", "by=provider"])
def test_what_is_no_row_is_not_found(ada, query):
    assert ada.get(f"/reports/figures/revenue/?{ASKED}&{query}").status_code == 404


def test_more_invoices_cost_no_more_questions(ada, riverside, cast, work):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            for by in WAYS:
                assert ada.get(f"/reports/breakdown/?{ASKED}&by={by}").status_code == 200
            for by in OF_VISIT:
                assert ada.get(f"/reports/figures/receipts/?{ASKED}&by={by}&of=none").status_code == 200
        return len(asked)

    questions()
    few = questions()
    with riverside.inside(by=cast.ada):
        for number in range(3):
            work.pay("5.00", work.charge("10.00", on=DAY, visit=number % 2), on=DAY)
    assert questions() == few


def test_lakeside_sees_nothing_of_it(web, lakeside, cast, work):
    lena = web(lakeside, cast.lena)
    assert "Dr Rao" not in lena.get(f"/reports/breakdown/?{ASKED}&by=provider").content.decode()
    down = lena.get(f"/reports/figures/charges/?{ASKED}&by=provider&of={work.rao.pk}")
    assert plain(down.context["total"]) == 0 and "Dr Rao" not in down.content.decode()
