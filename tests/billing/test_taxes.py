"""Taxes: several on a line, on top of the price or in it, by what is charged and by the day of its service."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.billing import charging, invoicing
from apps.billing.explaining import line_in_words
from apps.billing.models import Invoice, InvoiceLineTax, Tax
from apps.billing.paying import check_in
from apps.billing.prices import catalogue, discounts, taxes
from apps.billing.prices.sums import LineTax, PercentRefused, TooManyTaxes, line_sums
from apps.billing.prices.tax_words import tax_summary
from apps.core.money import currency_of
from apps.scheduling import attendance, missed
from apps.scheduling.fees import charges_for
from tests.billing.cast import AT, Cast, D, balances, in_session

CGST_SGST = [{"name": "CGST", "rate": "9"}, {"name": "SGST", "rate": "9"}]
IN_PRICE = [{**tax, "is_included": True} for tax in CGST_SGST]


def committed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def add(cast: Cast, **changes: Any) -> Tax:
    wanted = {"name": "GST", "rate": "5", "starts_on": date(2026, 1, 1), "categories": ["service"]}
    return taxes.add_tax(by=cast.bela, at=AT, **wanted | changes)


def service(cast: Cast, name: str = "X-ray", **details: Any) -> Any:
    return catalogue.add_service(**{"name": name, "price": "400", "by": cast.bela, "at": AT, **details})


def amounts(invoice: Invoice) -> list[tuple[str, Decimal]]:
    return list(InvoiceLineTax.objects.filter(line__invoice=invoice).values_list("name", "amount").order_by("line"))


@pytest.mark.parametrize(
    ("currency", "price", "rates", "net", "parts"),
    [
        ("INR", "236.00", (18,), "200.00", ("36.00",)),
        ("INR", "100.00", (18,), "84.75", ("15.25",)),
        ("INR", "118.00", (9, 9), "100.00", ("9.00", "9.00")),
        ("INR", "100.00", (9, 9), "84.75", ("7.63", "7.62")),  # the odd paisa goes to the first
        ("INR", "0.16", (28,), "0.13", ("0.03",)),  # 0.125 goes up
        ("INR", "0.01", (5, 5), "0.01", ("0.00", "0.00")),
        ("JPY", "1000", (10,), "909", ("91",)),
        ("JPY", "1001", (8, 2), "910", ("73", "18")),
        ("KWD", "1.000", (5,), "0.952", ("0.048",)),
        ("INR", "100.00", (0,), "100.00", ("0",)),
        ("INR", "0.00", (18,), "0.00", ("0.00",)),
    ],
)
def test_net_and_taxes_are_the_price(currency: str, price: str, rates: Any, net: str, parts: Any) -> None:
    wanted = [LineTax(f"T{place}", D(str(rate)), is_included=True) for place, rate in enumerate(rates)]
    sums = line_sums(unit_price=D(price), quantity=D("1"), taxes=wanted, currency=currency_of(currency))
    assert (sums.net, sums.taxes) == (D(net), tuple(map(D, parts)))
    assert (sums.total, sums.net + sums.included) == (D(price), D(price))


def test_each_tax_on_top_is_rounded_by_itself(cast: Cast) -> None:
    invoice = cast.draft({"unit_price": "10.05", "taxes": CGST_SGST})
    line = invoice.lines.get()
    # 9 % of 10.05 is 0.9045: twice 0.90, where 18 % at once would be 1.81.
    assert [one.amount for one in line.taxes.all()] == [D("0.90"), D("0.90")]
    assert (line.net, line.tax, line.total) == (D("10.05"), D("1.80"), D("11.85"))
    assert (line.tax_name, line.tax_rate) == ("CGST + SGST", 18)
    committed()


def test_a_tax_in_the_price_and_one_on_top_of_it(cast: Cast) -> None:
    both = [{"name": "GST", "rate": "18", "is_included": True}, {"name": "Cess", "rate": "1"}]
    invoice = cast.draft({"unit_price": "118.00", "quantity": 2, "taxes": both})
    line = invoice.lines.get()
    assert (line.gross, line.included, line.net, line.tax, line.total) == (
        D("236"),
        D("36"),
        D("200"),
        D("38"),
        D("238"),
    )
    committed()
    issued = invoicing.issue(invoice, by=cast.bela, at=AT)
    assert balances() == {"accounts_receivable": D("238"), "deferred_revenue": D("200"), "tax_payable": D("38")}
    assert issued.total == D("238")


def test_a_discount_comes_off_before_taxes_in_the_price(cast: Cast) -> None:
    invoice = cast.draft({"unit_price": "200.00", "taxes": IN_PRICE}, {"unit_price": "100.00", "taxes": CGST_SGST})
    discounts.discount(invoice, percent="10", reason="Hardship", by=cast.bela, at=AT)
    first, second = invoice.lines.order_by("position")
    assert (first.total, first.net, first.tax) == (D("180.00"), D("152.54"), D("27.46"))
    assert (second.net, second.tax, second.total) == (D("90.00"), D("16.20"), D("106.20"))
    committed()


def test_the_day_of_service_chooses(cast: Cast) -> None:
    gst = add(cast)
    later = taxes.change_rate(gst, rate="12", starts_on=date(2026, 6, 1), by=cast.bela, at=AT)
    gst.refresh_from_db()
    assert (gst.ends_on, later.starts_on, later.ends_on) == (date(2026, 5, 31), date(2026, 6, 1), None)
    x_ray = service(cast)
    invoice = cast.draft(
        {"service": x_ray, "description": ""},
        {"service": x_ray, "service_on": date(2026, 6, 1)},
        {"service": x_ray, "service_on": date(2025, 12, 31)},
    )
    assert [line.tax for line in invoice.lines.order_by("position")] == [D("20.00"), D("48.00"), D("0")]
    taxes.amend_tax(later, categories=[], by=cast.bela, at=AT)
    assert invoice.lines.get(position=2).tax == D("48.00")  # a line keeps what it copied
    committed()


def test_what_names_the_service_comes_before_its_own_and_that_before_its_category(cast: Cast) -> None:
    add(cast)
    named, own, exempt, plain = (
        service(cast, "A"),
        service(cast, "B", tax_name="VAT", tax_rate="20"),
        service(cast, "C", tax_name="Exempt", tax_rate="0"),
        service(cast, "D"),
    )
    add(cast, name="Luxury", rate="28", categories=[], services=[named])
    invoice = cast.draft(*({"service": one} for one in (named, own, exempt, plain)), {"unit_price": "7"})
    assert amounts(invoice) == [("Luxury", D("112")), ("VAT", D("80")), ("Exempt", 0), ("GST", D("20"))]
    typed = cast.draft({"service": plain, "tax_name": "", "tax_rate": 0}, {"service": plain, "taxes": []})
    assert amounts(typed) == []


def test_visits_and_fees_take_the_tax_of_their_category_unless_their_type_has_one(cast: Cast) -> None:
    visit = in_session(cast)
    kind = visit.appointment_type
    add(cast, name="Consult", rate="10", categories=["consultation"])
    kind.facility_rate = D("100")
    kind.save()
    add(cast, name="Fee tax", rate="3", categories=["fee"])
    assert check_in.due_today(visit).asked == D("840.00") + D("103.00")
    kind.tax_name, kind.tax_rate = "", 0
    kind.save()
    visit.refresh_from_db()
    assert check_in.due_today(visit).asked == D("880.00") + D("103.00")
    attendance.complete(visit, by=visit.provider.user, at=AT)
    made = Invoice.objects.get(appointment=visit)
    assert (made.total, amounts(made)) == (D("983.00"), [("Consult", D("80")), ("Fee tax", D("3"))])


@pytest.mark.parametrize("own", [("", 0), ("GST", 5)])
def test_what_is_told_at_the_desk_is_what_the_invoice_says(cast: Cast, own: tuple[str, int]) -> None:
    visit = in_session(cast)
    kind = visit.appointment_type
    kind.tax_name, kind.tax_rate = own
    kind.facility_rate, kind.no_show_fee_kind, kind.no_show_fee_value = D("99.95"), "percent", D("50")
    kind.save()
    visit.refresh_from_db()
    add(cast, name="In", rate="18", is_included=True, categories=["consultation"])
    add(cast, name="On", rate="1", categories=["consultation", "fee"])
    told = charges_for(visit)
    for_not_coming = missed.charges_for_not_coming(visit)
    assert [[tax.name for tax in one.taxes] for one in told] == ([["In", "On"], ["On"]] if not own[0] else [[], ["On"]])
    assert [[tax.name for tax in one.taxes] for one in for_not_coming] == (
        [["On"], ["On"]] if not own[0] else [[], ["On"]]
    )
    attendance.complete(visit, by=visit.provider.user, at=AT)
    made = Invoice.objects.get(appointment=visit)
    assert made.total == sum(one.total for one in told)
    assert [line.total for line in made.lines.order_by("position")] == [one.total for one in told]


def test_changing_a_line_works_its_taxes_out_again(cast: Cast) -> None:
    line = cast.draft({"unit_price": "100", "taxes": IN_PRICE}).lines.get()
    line = charging.change_line(
        line, quantity=2, tax_name="CGST + SGST", tax_rate="18.000", by=cast.bela, at=AT
    )  # as the form sends it back
    assert (line.total, line.net, line.taxes.count()) == (D("200.00"), D("169.49"), 2)
    line = charging.change_line(line, tax_rate="5", tax_name="VAT", by=cast.bela, at=AT)
    assert (line.total, [(one.name, one.amount) for one in line.taxes.all()]) == (D("210.00"), [("VAT", D("10.00"))])
    line = charging.change_line(line, taxes=[], by=cast.bela, at=AT)
    assert (line.total, line.tax_name) == (D("200.00"), "")
    line = charging.change_line(line, taxes=CGST_SGST, by=cast.bela, at=AT)
    assert line.total == D("236.00")
    charging.remove_line(line, by=cast.bela, at=AT)
    assert not InvoiceLineTax.objects.exists()
    committed()


@pytest.mark.parametrize("rate", ["-1", "101", "NaN", "1e9", "0.0001", "ten"])
def test_what_is_no_rate_is_refused_in_words(cast: Cast, rate: str) -> None:
    with pytest.raises(PercentRefused) as refusal:
        cast.draft({"unit_price": "1", "taxes": [{"rate": rate}]})
    assert refusal.value.field == "taxes"
    with pytest.raises(PercentRefused) as refusal:
        add(cast, rate=rate)
    assert refusal.value.field == "rate"


def test_more_than_all_of_it_is_no_tax(cast: Cast) -> None:
    with pytest.raises(PercentRefused):
        cast.draft({"unit_price": "1", "taxes": [{"rate": "60"}, {"rate": "60"}]})
    with pytest.raises(TooManyTaxes):
        cast.draft({"unit_price": "1", "taxes": [{"rate": "1"}] * 9})
    many = [add(cast, name=f"Tax {n}", rate="60") for n in (1, 2)]
    with pytest.raises(PercentRefused):
        cast.draft({"service": service(cast)})
    assert len(many) == 2


def test_a_tax_holds_once_a_day(cast: Cast) -> None:
    gst = add(cast, ends_on=date(2026, 6, 30))
    with pytest.raises(taxes.TaxHoldsAlready):
        add(cast, name="gst", starts_on=date(2026, 6, 30))
    following = add(cast, starts_on=date(2026, 7, 1), rate="6")
    with pytest.raises(taxes.TaxHoldsAlready):
        taxes.amend_tax(gst, ends_on=None, by=cast.bela, at=AT)
    with pytest.raises(taxes.TaxEndsBeforeItStarts):
        taxes.amend_tax(gst, ends_on=date(2025, 1, 1), by=cast.bela, at=AT)
    with pytest.raises(taxes.TaxHasBegun) as refusal:
        taxes.amend_tax(gst, rate="7", by=cast.bela, at=AT)
    assert refusal.value.field == "rate"
    with pytest.raises(taxes.TaxEndsBeforeItStarts):
        taxes.change_rate(gst, rate="7", starts_on=date(2026, 7, 1), by=cast.bela, at=AT)
    assert taxes.amend_tax(following, rate="7", name="GST", by=cast.bela, at=AT).rate == 7
    for wrong in ({"name": " "}, {"name": "x" * 41}, {"starts_on": None}, {"categories": ["nonsense"]}):
        with pytest.raises(Exception, match=r"\w"):
            add(cast, **{"name": "Other", **wrong})


def test_the_summary_is_by_name_and_rate(cast: Cast) -> None:
    invoice = cast.draft(
        {"unit_price": "100", "taxes": CGST_SGST},
        {"unit_price": "50", "taxes": [{"name": "CGST", "rate": "9"}, {"name": "Cess", "rate": "1"}]},
        {"unit_price": "30", "tax_name": "CGST", "tax_rate": "2.5"},
        {"unit_price": "30"},
    )
    found = tax_summary(invoice.lines.prefetch_related("taxes"))
    assert [(one.name, one.rate, one.base, one.tax) for one in found] == [
        ("CGST", D("2.5"), D("30"), D("0.75")),
        ("CGST", D("9"), D("150"), D("13.50")),
        ("Cess", D("1"), D("50"), D("0.50")),
        ("SGST", D("9"), D("100"), D("9.00")),
    ]
    assert sum(one.tax for one in found) == invoice.tax


def test_the_steps_are_told_in_words(cast: Cast) -> None:
    both = [*IN_PRICE, {"name": "Cess", "rate": "1"}]
    steps = line_in_words(cast.draft({"unit_price": "100", "taxes": both}).lines.get(), locale="en-IN")
    assert steps[1:] == [
        "₹100.00 has 18 % tax in it: ₹100.00 × 100 ÷ 118 = ₹84.75 (84.74576… rounded half up)",
        "CGST: 9 of 18 parts of ₹15.25 = ₹7.63",
        "SGST: 9 of 18 parts of ₹15.25 = ₹7.62",
        "Cess 1 % of ₹84.75 = ₹0.85 (0.8475 rounded half up)",
        "together ₹84.75 + ₹7.63 + ₹7.62 + ₹0.85 = ₹100.85",
    ]


@pytest.mark.parametrize(
    ("discount", "step"),
    [
        ({"discount_percent": "10"}, "less 10 % of it, ₹10.00: ₹90.00"),
        ({"discount": "10"}, "less a discount of ₹10.00: ₹90.00"),
    ],
)
def test_what_is_left_after_a_discount_still_has_the_tax_in_it(cast: Cast, discount: Any, step: str) -> None:
    steps = line_in_words(cast.draft({"unit_price": "100", "taxes": IN_PRICE, **discount}).lines.get(), locale="en-IN")
    assert steps[1:3] == [step, "₹90.00 has 18 % tax in it: ₹90.00 × 100 ÷ 118 = ₹76.27 (76.27119… rounded half up)"]


def test_three_lines_ask_the_database_as_often_as_one(cast: Cast) -> None:
    add(cast)
    x_ray = service(cast)

    def asked(count: int) -> int:
        invoice = cast.draft()
        with CaptureQueriesContext(connection) as seen:
            charging.add_charges(invoice, [{"service": x_ray}] * count, by=cast.bela, at=AT)
        return len(seen)

    asked(1)
    assert asked(3) == asked(1)
