"""What the dashboard counts, against days worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from apps.core.money import currency_of
from apps.reports import breakdown, charts, figures
from apps.reports.forms import PeriodForm
from apps.reports.periods import Period
from tests.reports.books import Role, from_drawer, issue, pay, void

TODAY = date(2026, 11, 20)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


def nov(day):
    return date(2026, 11, day)


@pytest.fixture
def november(inside_riverside):
    """October leaves 50.00 open. November: 236.00 in two payments, a void, a refund."""
    old = issue(date(2026, 10, 5), "150.00")
    pay(old, date(2026, 10, 6), "100.00")
    visit = issue(nov(2), "200.00", tax="36.00")
    pay(visit, nov(2), "100.00")
    pay(visit, nov(3), "136.00", Role.CARD)
    void(issue(nov(4), "80.00"), nov(5))
    pay(old, nov(5), "-30.00")
    return figures.overview(NOVEMBER, today=TODAY)


def of(overview, key):
    return {row.step.first.day: row.amounts[key] for row in overview.rows if row.amounts[key]}


def test_charges_are_what_was_issued_less_what_was_voided(november):
    assert of(november, "charges") == {2: Decimal("236.00"), 4: Decimal("80.00"), 5: Decimal("-80.00")}
    assert november.totals["charges"] == Decimal("236.00")


def test_receipts_are_what_came_in_less_what_went_back(november):
    assert of(november, "receipts") == {2: Decimal("100.00"), 3: Decimal("136.00"), 5: Decimal("-30.00")}
    assert (november.totals["cash"], november.totals["card"]) == (Decimal("70.00"), Decimal("136.00"))


def test_what_a_drawer_spends_or_lacks_is_received_all_the_same(november):
    for role, amount in ((Role.PETTY_EXPENSES, "20.00"), (Role.OVER_SHORT, "0.50"), (Role.BANK, "50.00")):
        from_drawer(nov(6), amount, role)
    after = figures.overview(NOVEMBER, today=TODAY)
    assert of(after, "receipts") == of(november, "receipts")
    assert (after.totals["cash"], after.totals["bank"]) == (Decimal("-0.50"), Decimal("50.00"))
    for by in ("day", "provider", "method"):
        assert breakdown.breakdown(by, NOVEMBER).total("received") == after.totals["receipts"]


def test_revenue_is_what_has_been_paid_for_without_its_tax(november):
    assert of(november, "revenue") == {2: Decimal("84.75"), 3: Decimal("115.25"), 5: Decimal("-30.00")}


def test_the_open_balance_stands_at_the_end_of_each_day(november):
    standing = [row.amounts["open"] for row in november.rows]
    assert standing[:6] == [Decimal(amount) for amount in ("50", "186", "50", "130", "80", "80")]
    assert november.totals["open"] == Decimal("80.00")


def test_a_month_that_is_not_over_is_compared_with_as_many_days(november):
    assert november.compared == Period(date(2026, 10, 1), date(2026, 10, 20))
    assert november.earlier["charges"] == Decimal("150.00")
    assert november.earlier["open"] == Decimal("50.00")


@pytest.mark.parametrize("days", [(1, 1), (1, 30), (3, 4), (15, 30)])
def test_however_the_days_are_cut_the_balance_continues(november, days):
    part = figures.overview(Period(nov(days[0]), nov(days[1])), today=TODAY)
    assert [row.amounts for row in part.rows] == [row.amounts for row in november.rows[days[0] - 1 : days[1]]]


def test_years_are_drawn_by_month_and_come_to_the_same(november):
    years = figures.overview(Period(date(2024, 12, 15), date(2026, 11, 30)), today=TODAY)
    assert len(years.rows) == 24
    assert years.totals["charges"] == Decimal("386.00")
    assert years.totals["open"] == november.totals["open"]


def test_the_figures_take_four_questions_however_long_the_period(november, django_assert_num_queries):
    for period in (NOVEMBER, Period(date(2024, 1, 1), date(2026, 11, 30))):
        with django_assert_num_queries(4):  # two standings, all movements, the first day; the chart is known already
            figures.overview(period, today=TODAY)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({}, nov(1), nov(30)),
        ({"month": "2026-02"}, date(2026, 2, 1), date(2026, 2, 28)),
        ({"first": "2026-10-30", "last": "2026-11-02"}, date(2026, 10, 30), nov(2)),
        ({"first": "2026-10-30"}, date(2026, 10, 30), TODAY),
        ({"first": "2027-01-05"}, date(2027, 1, 5), date(2027, 1, 5)),
        ({"last": "2026-10-09"}, date(2026, 10, 1), date(2026, 10, 9)),
    ],
)
def test_a_period_can_be_asked_for_in_several_ways(asked, first, last):
    form = PeriodForm(asked)
    assert form.period(TODAY) == Period(first, last)
    assert not form.errors


@pytest.mark.parametrize(
    "asked",
    [
        {"month": "2026-13"}, {"month": "November"}, {"month": "0000-01"}, {"month": "²026-01"},
        {"first": "2026-11-05", "last": "2026-11-04"}, {"first": "1799-01-01"}, {"first": "2026-02-30"},
        {"first": "2020-01-01", "last": "2026-01-01"}, {"last": "9999-12-31"},
    ],
)  # fmt: skip
def test_nonsense_is_said_and_the_present_month_shown(asked):
    form = PeriodForm(asked)
    assert form.period(TODAY) == NOVEMBER
    assert form.errors


@pytest.mark.parametrize(
    ("began", "comparable"),
    [(None, False), (date(2026, 9, 1), True), (date(2026, 10, 1), True), (date(2026, 10, 5), False), (nov(5), False)],
)
def test_a_period_from_before_the_books_begin_is_compared_with_nothing(began, comparable):
    compared = NOVEMBER.compared_with(TODAY)
    assert figures.Overview(NOVEMBER, compared, [], {}, {}, TODAY, began).is_comparable is comparable


def test_the_period_before_and_after():
    assert NOVEMBER.before().before().words == "September 2026"
    assert Period(nov(2), nov(4)).before() == Period(date(2026, 10, 30), nov(1))
    assert Period(nov(2), nov(4)).after() == Period(nov(5), nov(7))


@pytest.mark.parametrize(
    ("amounts", "marks"),
    [
        (["0", "0"], ["$0", "$1", "$2", "$3", "$4"]),
        (["54210", "100"], ["$0", "$20k", "$40k", "$60k"]),
        (["-130", "236"], ["−$200", "−$100", "$0", "$100", "$200", "$300"]),
    ],
)
def test_the_scale_is_round_and_holds_every_bar(amounts, marks):
    usd = currency_of("USD")
    groups = [charts.Group("x", [Decimal(amount)], [""], [""]) for amount in amounts]
    chart = charts.bar_chart(groups, usd, "en-US")
    assert [tick.words for tick in chart.ticks] == marks
    assert all(0 <= float(bar.y) <= charts.HEIGHT - charts.BOTTOM + 1 for bar in chart.bars)


def test_indian_scales_count_in_lakh():
    assert charts.compact(Decimal(250000), currency_of("INR"), "en-in") == "₹2.5L"
