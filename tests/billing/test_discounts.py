"""Discounts: what is let off says why, adds up, and goes no further than the role of who gives it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.accounts import roles
from apps.accounts.models import Role
from apps.billing import charging, draft_lines, invoicing
from apps.billing.models import Discount, DiscountLimit, Invoice, InvoiceLine
from apps.billing.prices import discount_limits, discounts
from apps.billing.prices.sums import PercentRefused
from apps.clinic.models import ClinicProfile
from apps.core.connection import here
from apps.core.money import AmountRefused
from apps.patients import registration
from tests.billing.cast import AT, Cast, D, person
from tests.cast import RIVERSIDE, people_of
from tests.raw_sql import refused

THIRDS = [{"unit_price": "33.33"}, {"unit_price": "33.33"}, {"unit_price": "33.34"}]


def limit(cast: Cast, percent: str | None, role: str = "billing_manager") -> None:
    discount_limits.set_limits([(Role.objects.get(code=role), percent)], by=cast.bela, at=AT)


def parts(invoice: Invoice) -> list[Any]:
    return list(invoice.lines.order_by("position").values_list("discount", flat=True))


@pytest.mark.parametrize(
    ("currency", "prices", "whole", "expected"),
    [
        ("INR", ("33.33", "33.33", "33.34"), "10.00", ("3.33", "3.33", "3.34")),
        ("INR", ("10", "10", "10"), "0.01", ("0.01", "0", "0")),
        ("JPY", ("33", "33", "34"), "10", ("3", "3", "4")),
        ("JPY", ("1", "1", "1"), "2", ("1", "1", "0")),
        ("KWD", ("33.333", "33.333", "33.334"), "10.000", ("3.333", "3.333", "3.334")),
        ("INR", ("10.00", "0", "30.00"), "4.00", ("1.00", "0", "3.00")),
    ],
)
def test_the_parts_add_up(cast: Cast, currency: str, prices: Any, whole: str, expected: Any) -> None:
    ClinicProfile.objects.update(currency=currency)
    here().memo.clear()
    invoice = cast.draft(*({"unit_price": price} for price in prices))
    discounts.discount(invoice, amount=whole, reason="Hardship", by=cast.bela, at=AT)
    assert parts(invoice) == [D(part) for part in expected]
    invoice.refresh_from_db()
    assert invoice.total == sum(map(D, prices)) - D(whole)


def test_a_percentage_of_the_whole_is_rounded_once(cast: Cast) -> None:
    invoice = cast.draft({"unit_price": "0.33"}, {"unit_price": "0.33"}, {"unit_price": "0.33"})
    lines = discounts.discount(invoice, percent="50", reason="Hardship", by=cast.bela, at=AT)
    assert sum(line.discount for line in lines) == D("0.50")
    given = Discount.objects.get(kind="whole")
    assert (given.percent, given.amount, given.reason, given.by) == (50, None, "Hardship", cast.bela)
    assert {line.discount_given_id for line in lines} == {given.pk}


def test_another_takes_its_place_and_the_first_is_kept(cast: Cast) -> None:
    invoice = cast.draft({"unit_price": "100", "discount": "30", "discount_reason": "Staff"}, {"unit_price": "100"})
    given = {"amount": "10", "reason": "Hardship", "by": cast.bela, "at": AT}
    with pytest.raises(discounts.LinesHaveTheirOwn) as refusal:
        discounts.discount(invoice, **given)
    first = invoice.lines.get(position=1)
    assert refusal.value.details == {"lines": [{"id": str(first.pk), "position": 1}]}
    assert parts(invoice) == [D("30"), 0]
    discounts.discount(invoice, replaces=True, **given)
    assert parts(invoice) == [D("5"), D("5")]
    discounts.discount(invoice, amount="0", by=cast.bela, at=AT)
    assert parts(invoice) == [0, 0]
    assert [given.reason for given in Discount.objects.all()] == ["Staff", "Hardship"]
    assert not InvoiceLine.objects.filter(discount_given__isnull=False).exists()


@pytest.mark.parametrize("amount", ["-20", "10.005", "NaN", "1e9", "", "ten"])
def test_what_is_no_amount_is_refused_in_words(cast: Cast, amount: str) -> None:
    invoice = cast.draft(*THIRDS)
    with pytest.raises(AmountRefused) as refusal:
        discounts.discount(invoice, amount=amount, reason="Hardship", by=cast.bela, at=AT)
    assert (refusal.value.field, bool(str(refusal.value))) == ("discount", True)


@pytest.mark.parametrize("percent", ["-1", "100.001", "NaN", "1e9", "0.0001", "ten"])
def test_what_is_no_percentage_is_refused_in_words(cast: Cast, percent: str) -> None:
    invoice = cast.draft(*THIRDS)
    with pytest.raises(PercentRefused) as refusal:
        discounts.discount(invoice, percent=percent, reason="Hardship", by=cast.bela, at=AT)
    assert refusal.value.field == "discount_percent"


def test_no_discount_without_a_reason(cast: Cast) -> None:
    with pytest.raises(draft_lines.DiscountNeedsReason) as refusal:
        cast.draft({"unit_price": "100", "discount": "10", "discount_reason": " "})
    assert refusal.value.field == "discount_reason"
    with pytest.raises(draft_lines.DiscountNeedsReason) as refusal:
        discounts.discount(cast.draft(*THIRDS), amount="10", reason="", by=cast.bela, at=AT)
    assert refusal.value.field == "reason"
    with pytest.raises(draft_lines.DiscountNeedsReason):
        discounts.discount(cast.draft(*THIRDS), percent="10", reason="x" * 301, by=cast.bela, at=AT)


def test_a_line_keeps_the_reason_while_other_things_change(cast: Cast) -> None:
    line = cast.draft({"unit_price": "100", "discount_percent": "10", "discount_reason": "Staff"}).lines.get()
    line = charging.change_line(line, quantity=3, by=cast.bela, at=AT)
    assert (line.discount, Discount.objects.get().reason) == (D("30.00"), "Staff")
    line = charging.change_line(line, discount="5", discount_reason="Hardship", by=cast.bela, at=AT)
    assert line.discount_given is not None
    assert (line.discount, line.discount_percent, line.discount_given.reason) == (D("5.00"), None, "Hardship")
    line = charging.change_line(line, discount=0, by=cast.bela, at=AT)
    assert (line.discount, line.discount_given) == (0, None)


def test_a_role_lets_off_no_more_than_its_limit(cast: Cast) -> None:
    limit(cast, "10")
    charges = [{"unit_price": "100"}, {"unit_price": "100", "discount_percent": "10"}]
    invoice = cast.draft(*charges)
    discounts.discount(invoice, amount="20.00", reason="Hardship", replaces=True, by=cast.bela, at=AT)
    with pytest.raises(discount_limits.BeyondLimit) as refusal:
        discounts.discount(invoice, amount="20.01", reason="Hardship", by=cast.bela, at=AT)
    words = str(refusal.value)
    assert "10 %" in words
    assert "₹20.00" in words
    assert "Clinic admin" in words
    with pytest.raises(discount_limits.BeyondLimit) as refusal:
        cast.draft({"unit_price": "50", "discount": "5.01"})
    assert refusal.value.field == "discount"
    ada = person("ada@cast.example", "Ada", "clinic_admin")
    discounts.discount(invoice, percent=100, reason="Hardship", by=ada, at=AT)
    invoice.refresh_from_db()
    assert invoice.total == 0


def test_what_somebody_above_gave_may_stay_but_not_grow(cast: Cast) -> None:
    ada = person("ada@cast.example", "Ada", "clinic_admin")
    limit(cast, "10")
    invoice = cast.draft({"unit_price": "100"})
    line = invoice.lines.get()
    charging.change_line(line, discount_percent="50", discount_reason="Hardship", by=ada, at=AT)
    line = charging.change_line(line, quantity=2, by=cast.carl, at=AT)  # a cashier gives none and changes none
    assert line.discount == D("100.00")
    line = charging.change_line(line, discount_percent="40", by=cast.bela, at=AT)
    with pytest.raises(discount_limits.BeyondLimit):
        charging.change_line(line, discount_percent="41", by=cast.bela, at=AT)
    line = charging.change_line(line, discount="80", by=cast.bela, at=AT)
    with pytest.raises(discount_limits.BeyondLimit):  # 80.00 of 100.00 is more than 80.00 of 200.00
        charging.change_line(line, quantity=1, by=cast.bela, at=AT)


def test_the_most_generous_role_counts_and_all_who_may_more_are_named(cast: Cast) -> None:
    role = roles.create(name="Matron", permissions=["billing.give_discount"], by=roles_giver(cast), at=AT)
    limit(cast, "25", role.code)
    limit(cast, "5")
    cast.bela = roles.give(cast.bela, role.code)
    cast.draft({"unit_price": "100", "discount": "25"})
    roles.assign(cast.bela, ["billing_manager"])
    with pytest.raises(discount_limits.BeyondLimit, match=r"Clinic admin, Matron \(up to 25 %\)"):
        cast.draft({"unit_price": "100", "discount": "25"})
    with pytest.raises(discount_limits.MayNotDiscount, match=r"Clinic admin, Billing manager \(up to 5 %\), Matron"):
        charging.add_charge(
            cast.draft(), description="x", unit_price=1, discount=1, discount_reason="x", by=cast.carl, at=AT
        )


def roles_giver(cast: Cast) -> Any:
    return person("giver@cast.example", "Gita", "clinic_admin")


def test_limits_are_for_roles_that_give_discounts(cast: Cast) -> None:
    with pytest.raises(discount_limits.RoleGivesNone):
        limit(cast, "5", "nurse")
    with pytest.raises(discount_limits.HasNoLimit):
        limit(cast, "5", "clinic_admin")
    for wrong in ("-1", "101", "ten", "NaN"):
        with pytest.raises(PercentRefused):
            limit(cast, wrong)
    limit(cast, "12.5 %")
    limit(cast, "0")
    assert DiscountLimit.objects.get().percent == 0
    limit(cast, "")
    assert not DiscountLimit.objects.exists()


def test_a_rule_of_the_clinic_asks_nobody(cast: Cast) -> None:
    rows = [{"description": "Return", "unit_price": "80", "discount_percent": "100"}]
    charging.add_charges(cast.draft(), rows, rule="Free return", by=cast.carl, at=AT)
    given = Discount.objects.get()
    assert (given.kind, given.reason, given.by) == ("rule", "Free return", cast.carl)


def test_three_lines_ask_the_database_as_often_as_one(cast: Cast) -> None:
    def asked(count: int) -> int:
        rows = [{"description": "x", "unit_price": "9", "discount": "1", "discount_reason": "Staff"}] * count
        invoice = cast.draft()
        with CaptureQueriesContext(connection) as seen:
            charging.add_charges(invoice, rows, by=cast.bela, at=AT)
            discounts.discount(invoice, percent="5", reason="Hardship", replaces=True, by=cast.bela, at=AT)
        return len(seen)

    limit(cast, "50")
    asked(1)
    assert asked(3) == asked(1)


def test_the_database_knows_that_a_discount_has_a_reason(cast: Cast) -> None:
    given = cast.draft({"unit_price": "40", "discount": "4"})
    bare = cast.draft({"unit_price": "40"})
    off = "UPDATE billing_invoiceline SET discount = 1, net = 39, total = 39"
    refused(f"{off} WHERE invoice_id = %s", bare.pk, match="line_discount_was_given")
    other = f"{off}, discount_given_id = (SELECT id FROM billing_discount) WHERE invoice_id = %s"
    refused(other, bare.pk, match="line_discount_of_its_invoice")
    refused(
        "UPDATE billing_invoiceline SET discount_given_id = NULL WHERE invoice_id = %s", given.pk, match="was_given"
    )
    refused("UPDATE billing_discount SET amount = 1", match="permission denied")
    refused("DELETE FROM billing_discount", match="permission denied")
    refused(
        "INSERT INTO billing_discount (id, invoice_id, kind, amount, reason, at, by_id)"
        " SELECT gen_random_uuid(), invoice_id, kind, amount, '', at, by_id FROM billing_discount",
        match="discount_for_a_reason",
    )
    for wrong in ("percent = 5", "amount = -1", "kind = 'other'"):
        column, value = wrong.split(" = ")
        columns = {"id": "gen_random_uuid()", "kind": "kind", "amount": "amount", "percent": "percent", column: value}
        refused(
            f"INSERT INTO billing_discount (invoice_id, reason, at, by_id, {', '.join(columns)})"
            f" SELECT invoice_id, reason, at, by_id, {', '.join(columns.values())} FROM billing_discount",
            match="discount_",
        )


def test_an_issued_invoice_gets_no_discount(cast: Cast) -> None:
    with pytest.raises(invoicing.NothingToIssue):
        discounts.discount(cast.draft(), amount="0", by=cast.bela, at=AT)
    issued = cast.issued("100")
    for row in ({"amount": "1"}, {"percent": "1"}):
        with pytest.raises(Exception, match="issued and can no longer change"):
            discounts.discount(issued, reason="Late", by=cast.bela, at=AT, **row)


@pytest.fixture
def desk(riverside: Any) -> dict[str, Any]:
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["ada"]):
        asha = registration.register(by=people["ada"], at=AT, given_name="Asha", family_name="Patel")
        draft = invoicing.draft(asha, by=people["bela"], at=AT)
        invoicing.add_charge(draft, description="Check-up", unit_price="200", by=people["bela"], at=AT)
    return {**people, "draft": draft}


def test_the_page_tells_the_limit_beside_the_field(
    web: Callable[..., Client], riverside: Any, desk: dict[str, Any]
) -> None:
    ada, bela = (web(riverside, desk[name]) for name in ("ada", "bela"))
    wrong = ada.post("/billing/discount-limits/", {"billing_manager": "110"})
    assert wrong.status_code == 400
    assert 'value="110"' in wrong.content.decode()
    assert ada.post("/billing/discount-limits/", {"billing_manager": "12,5"}).status_code == 302
    assert 'value="12.5"' in ada.get("/billing/discount-limits/").content.decode()
    address = f"/billing/invoices/{desk['draft'].pk}/"
    page = bela.post(f"{address}discount/", {"discount": "30", "reason": "Hardship"})
    (error,) = page.context["discount_form"].errors["discount"]
    assert page.status_code == 400
    assert "12.5 %, here ₹25.00" in error
    assert 'value="Hardship"' in page.content.decode()
    page = bela.post(f"{address}discount/", {"discount": "10%", "reason": ""})
    assert (page.status_code, list(page.context["discount_form"].errors)) == (400, ["reason"])
    page = bela.post(f"{address}discount/", {"discount": "120%", "reason": "x"})
    assert (page.status_code, list(page.context["discount_form"].errors)) == (400, ["discount"])
    page = bela.post(f"{address}discount/", {"discount": "10%", "reason": "Lost her job"}, follow=True)
    assert page.content.decode().count("Lost her job") == 2  # on the line, and in what happened
    charge = {"description": "X-ray", "unit_price": "50", "discount": "5", "discount_reason": "Old"}
    bela.post(f"{address}lines/", charge)
    again = {"discount": "5%", "reason": "All"}
    page = bela.post(f"{address}discount/", again)
    assert (page.status_code, list(page.context["discount_form"].errors)) == (400, ["replaces"])
    assert "the place of the discount on: X-ray" in page.content.decode()
    page = bela.post(f"{address}discount/", {**again, "replaces": "on"}, follow=True).content.decode()
    assert page.count("no longer: ") == 2


def test_the_api_tells_the_limit(api: Callable[..., APIClient], riverside: Any, desk: dict[str, Any]) -> None:
    ada, bela = (api(riverside, desk[name]) for name in ("ada", "bela"))
    wanted = {"limits": [{"role": "billing_manager", "percent": "10"}]}
    answer = ada.put("/api/v1/discount-limits/", wanted).json()
    assert [(one["role"], one["percent"]) for one in answer["limits"]] == [
        ("clinic_admin", None),
        ("billing_manager", "10.000"),
    ]
    wrong = ada.put("/api/v1/discount-limits/", {"limits": [{"role": "nurse", "percent": "10"}]})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "role_gives_no_discounts")
    address = f"/api/v1/invoices/{desk['draft'].pk}/"
    refused = bela.post(f"{address}discount/", {"percent": "11", "reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "discount_beyond_limit")
    line = {"description": "Strips", "unit_price": "10.00", "discount": "1.00"}
    refused = bela.post(f"{address}lines/", line)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "discount_reason")
    given = bela.post(f"{address}lines/", line | {"discount_reason": "Staff"})
    assert [one["discount_reason"] for one in given.json()["lines"]] == ["", "Staff"]


def test_the_api_asks_before_a_discount_on_the_whole_takes_the_place_of_others(
    api: Callable[..., APIClient], riverside: Any, desk: dict[str, Any]
) -> None:
    bela, address = api(riverside, desk["bela"]), f"/api/v1/invoices/{desk['draft'].pk}/"
    charge = {"description": "X-ray", "unit_price": "50.00", "discount": "5.00", "discount_reason": "Old"}
    xray = bela.post(f"{address}lines/", charge).json()["lines"][-1]
    whole = {"percent": "10", "reason": "Hardship"}
    for unsaid in (whole, {**whole, "replaces": False}):
        refused = bela.post(f"{address}discount/", unsaid)
        assert (refused.status_code, refused.json()["code"]) == (409, "lines_have_discounts")
        assert refused.json()["lines"] == [{"id": xray["id"], "position": xray["position"]}]
        assert f"line {xray['position']}." in refused.json()["detail"]
        assert [error["field"] for error in refused.json()["errors"]] == ["replaces"]
    assert [line["discount"] for line in bela.get(address).json()["lines"]] == ["0.00", "5.00"]
    given = bela.post(f"{address}discount/", {**whole, "replaces": True})
    assert {line["discount_reason"] for line in given.json()["lines"]} == {"Hardship"}
    again = bela.post(f"{address}discount/", {**whole, "percent": "5"})  # in the place of one on the whole
    assert again.status_code == 200
