"""Packages: one price shared over what they consist of, so that the parts add up and each takes its own tax."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.billing import charging, draft_lines, invoicing
from apps.billing.models import Service
from apps.billing.prices import catalogue, discounts, packages, price_lists
from apps.billing.prices.sums import QuantityRefused
from apps.core.money import currency_of
from apps.patients import registration
from tests.billing.cast import AT, Cast, D, balances
from tests.cast import RIVERSIDE, people_of


def service(cast: Cast, name: str, price: str, **more: Any) -> Service:
    return catalogue.add_service(name=name, price=price, by=cast.bela, at=AT, **more)


def heart_check(cast: Cast, price: str = "1000") -> Service:
    """An ECG at 600 (18 %), two tests at 150 (5 %) and a talk at 500 (no tax), for one price."""
    parts = [
        (service(cast, "ECG", "600", tax_name="GST", tax_rate="18"), 1),
        (service(cast, "Lipids", "150", tax_name="GST", tax_rate="5"), "2"),
        (service(cast, "Talk", "500"), 1),
    ]
    package = service(cast, "Heart check", price, category="package")
    packages.set_parts(package, parts, by=cast.bela, at=AT)
    return package


def test_the_price_is_shared_by_what_the_parts_cost_singly(cast: Cast) -> None:
    invoice = cast.draft({"service": heart_check(cast), "description": ""}, {"unit_price": "5"})
    lines = list(invoice.lines.order_by("position"))
    assert [(line.position, line.description, line.net, line.tax) for line in lines] == [
        (1, "Heart check: ECG", D("428.57"), D("77.14")),
        (2, "Heart check: 2 × Lipids", D("214.29"), D("10.71")),
        (3, "Heart check: Talk", D("357.14"), D("0")),
        (4, "Charge 2", D("5"), D("0")),
    ]
    assert invoice.net == D("1005.00")
    assert len({line.bundle for line in lines[:3]}) == 1
    assert not any(line.discount for line in lines)  # nobody let anything off
    invoicing.issue(invoice, by=cast.bela, at=AT)
    assert balances()["deferred_revenue"] == D("1005.00")


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_shares_add_up(price: int, singly: list[int]) -> None:
    shared = packages.shares(D(price) / 100, [D(one) / 100 for one in singly], currency_of("INR"))
    assert sum(shared) == D(price) / 100
    assert all(share >= 0 for share in shared)


def test_two_of_it_and_a_price_typed_by_hand(cast: Cast) -> None:
    invoice = cast.draft({"service": heart_check(cast), "quantity": 2, "unit_price": "900"})
    assert [(line.quantity, line.unit_price) for line in invoice.lines.order_by("position")] == [
        (2, D("385.71")),
        (2, D("192.86")),
        (2, D("321.43")),
    ]
    assert invoice.net == D("1800.00")
    with pytest.raises(QuantityRefused):
        cast.draft({"service": Service.objects.get(name="Heart check"), "quantity": "1.5"})


def test_the_price_list_of_the_patient_counts(cast: Cast) -> None:
    package = heart_check(cast)
    listed = price_lists.add_price_list(name="Staff", by=cast.bela, at=AT)
    price_lists.set_prices(listed, [(package, "700")], by=cast.bela, at=AT)
    price_lists.give_list(cast.asha, listed, by=cast.bela, at=AT)
    invoice = cast.draft({"service": package})
    assert (invoice.net, {line.price_list_id for line in invoice.lines.all()}) == (D("700.00"), {listed.pk})


def test_its_parts_come_and_go_together(cast: Cast) -> None:
    package = heart_check(cast)
    invoice = cast.draft({"service": package}, {"service": package}, {"unit_price": "5"})
    part = invoice.lines.get(position=2)
    for change in ({"unit_price": "1"}, {"quantity": 3}):
        with pytest.raises(charging.PartOfPackage) as refusal:
            charging.change_line(part, by=cast.bela, at=AT, **change)
        assert refusal.value.field == next(iter(change))
    charging.change_line(part, description="Lipid profile", unit_price="214.29", by=cast.bela, at=AT)
    discounts.discount(invoice, percent="10", reason="Hardship", by=cast.bela, at=AT)
    charging.remove_line(part, by=cast.bela, at=AT)
    assert list(invoice.lines.order_by("position").values_list("position", flat=True)) == [4, 5, 6, 7]


def test_a_discount_comes_after_it(cast: Cast) -> None:
    package = heart_check(cast)
    for off in ({"discount": "10"}, {"discount_percent": "5"}):
        with pytest.raises(draft_lines.DiscountOnPackage):
            cast.draft({"service": package, **off})


def test_what_a_package_may_consist_of(cast: Cast) -> None:
    package, other = heart_check(cast), service(cast, "Other", "1", category="package")
    ecg = Service.objects.get(name="ECG")
    for wrong, refusal in (
        ([(other, 1)], packages.PackageInPackage),
        ([(ecg, 1), (ecg, 2)], packages.PartTwice),
        ([(ecg, 0)], QuantityRefused),
        ([(ecg, "NaN")], QuantityRefused),
    ):
        with pytest.raises(refusal):
            packages.set_parts(package, wrong, by=cast.bela, at=AT)
    with pytest.raises(packages.NotAPackage):
        packages.set_parts(ecg, [], by=cast.bela, at=AT)
    packages.set_parts(package, [], by=cast.bela, at=AT)
    invoice = cast.draft({"service": package, "description": ""})
    assert [(line.description, line.net, line.bundle) for line in invoice.lines.all()] == [
        ("Heart check", D("1000"), None)
    ]


def test_two_packages_ask_the_database_as_often_as_one(cast: Cast) -> None:
    package = heart_check(cast)

    def asked(count: int) -> int:
        invoice = cast.draft()
        with CaptureQueriesContext(connection) as seen:
            charging.add_charges(invoice, [{"service": package}] * count, by=cast.bela, at=AT)
        return len(seen)

    asked(1)
    assert asked(3) == asked(1)


@pytest.fixture
def desk(riverside: Any) -> dict[str, Any]:
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    who: dict[str, Any] = {"by": people["ada"], "at": AT}
    with riverside.inside(by=people["ada"]):
        asha = registration.register(given_name="Asha", family_name="Patel", **who)
        ecg = catalogue.add_service(name="ECG", price="600", **who)
        talk = catalogue.add_service(name="Talk", price="400", **who)
        package = catalogue.add_service(name="Heart check", price="500", category="package", **who)
    return {**people, "asha": asha, "ecg": ecg, "talk": talk, "package": package}


def test_on_pages(web: Callable[..., Client], riverside: Any, desk: dict[str, Any]) -> None:
    bela = web(riverside, desk["bela"])
    address = f"/billing/packages/{desk['package'].pk}/"
    ecg, talk = (f"quantity_{desk[name].pk}" for name in ("ecg", "talk"))
    wrong = bela.post(address, {ecg: "ten", talk: "1"})
    assert wrong.status_code == 400
    assert 'value="ten"' in wrong.content.decode()
    assert bela.post(address, {ecg: "1", talk: "1,5"}).status_code == 302
    assert [row["share"] for row in bela.get(address).context["rows"]] == [D("250.00"), D("250.00")]
    assert "1.5 × Talk" in bela.get("/billing/packages/").content.decode()
    assert bela.get(f"/billing/packages/{desk['ecg'].pk}/").status_code == 404
    page = bela.post(f"/billing/patients/{desk['asha'].pk}/drafts/", follow=True)
    invoice = page.context["invoice"]
    page = bela.post(f"/billing/invoices/{invoice.pk}/lines/", {"service": desk["package"].pk}, follow=True)
    assert "Heart check: 1.5 × Talk" in page.content.decode()


def test_through_the_api(api: Callable[..., APIClient], riverside: Any, desk: dict[str, Any]) -> None:
    bela = api(riverside, desk["bela"])
    address = f"/api/v1/services/{desk['package'].pk}/parts/"
    wanted = {"parts": [{"service": str(desk["ecg"].pk), "quantity": "1"}, {"service": str(desk["talk"].pk)}]}
    assert [part["quantity"] for part in bela.put(address, wanted).json()["parts"]] == ["1.000", "1.000"]
    refused = bela.put(f"/api/v1/services/{desk['ecg'].pk}/parts/", {"parts": []})
    assert (refused.status_code, refused.json()["code"]) == (400, "not_a_package")
    line = {"service": str(desk["package"].pk)}
    invoice = bela.post("/api/v1/invoices/", {"patient": str(desk["asha"].pk), "lines": [line]}).json()
    assert [row["net"] for row in invoice["lines"]] == ["300.00", "200.00"]
    assert {row["package"] for row in invoice["lines"]} == {str(desk["package"].pk)}
