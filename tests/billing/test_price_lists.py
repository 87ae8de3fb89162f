"""Price lists: dated prices, whose they are, and what a draft copies of them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.billing import charging, invoicing
from apps.billing.locks import NotADraft
from apps.billing.models import Invoice, Price, PriceList, Service
from apps.billing.prices import catalogue, price_lists, repricing
from apps.core.money import AmountRefused
from apps.patients import merging, registration
from tests.billing.cast import AT, DAY, Cast, D
from tests.cast import RIVERSIDE, people_of

TOMORROW = DAY + timedelta(days=1)


def service(cast: Cast, name: str = "X-ray", price: str = "400") -> Service:
    return catalogue.add_service(name=name, price=price, by=cast.bela, at=AT)


def staff(cast: Cast, **prices: str) -> PriceList:
    made = price_lists.add_price_list(name="Staff", by=cast.bela, at=AT)
    cost(cast, made, **prices)
    return made


def cost(cast: Cast, price_list: PriceList, day: date | None = None, **prices: str) -> int:
    found = {one.name: one for one in Service.objects.all()}
    pairs = [(found[name.replace("_", "-")], price) for name, price in prices.items()]
    return price_lists.set_prices(price_list, pairs, starts_on=day, by=cast.bela, at=AT)


def prices(invoice: Invoice) -> list[tuple[Any, Any]]:
    return list(invoice.lines.order_by("position").values_list("unit_price", "price_list__name"))


def test_a_patients_list_is_charged_and_what_it_has_not_costs_the_usual(cast: Cast) -> None:
    x_ray, scan = service(cast), service(cast, "Scan", "900")
    price_lists.give_list(cast.asha, staff(cast, X_ray="250"), by=cast.bela, at=AT)
    invoice = cast.draft({"service": x_ray}, {"service": scan}, {"service": x_ray, "unit_price": "1"})
    assert prices(invoice) == [(D("250"), "Staff"), (D("900"), None), (D("1"), None)]
    assert prices(cast.draft({"service": x_ray}, patient=cast.ben)) == [(D("400"), None)]
    price_lists.give_list(cast.asha, None, by=cast.bela, at=AT)
    assert prices(cast.draft({"service": x_ray})) == [(D("400"), None)]
    assert prices(invoice)[0] == (D("250"), "Staff")  # a line keeps what it copied


def test_prices_change_from_a_day_on(cast: Cast) -> None:
    x_ray = service(cast)
    listed = staff(cast, X_ray="250")
    assert cost(cast, listed, TOMORROW + timedelta(days=9), X_ray="300") == 1
    assert cost(cast, listed, TOMORROW, X_ray="270") == 1
    assert cost(cast, listed, TOMORROW, X_ray="270.00") == 0
    spans = list(Price.objects.order_by("starts_on").values_list("amount", "starts_on", "ends_on"))
    assert spans == [
        (D("250"), DAY, DAY),
        (D("270"), TOMORROW, TOMORROW + timedelta(days=8)),
        (D("300"), TOMORROW + timedelta(days=9), None),
    ]
    price_lists.give_list(cast.asha, listed, by=cast.bela, at=AT)
    days = [DAY, TOMORROW, TOMORROW + timedelta(days=9), DAY - timedelta(days=1)]
    invoice = cast.draft(*({"service": x_ray, "service_on": day} for day in days))
    assert [price for price, _list in prices(invoice)] == [D("250"), D("270"), D("300"), D("400")]
    cost(cast, listed, TOMORROW, X_ray="")
    assert [price.amount for price in Price.objects.on(TOMORROW)] == []
    assert cost(cast, listed, X_ray="240") == 1  # today's is written anew
    assert Price.objects.on(DAY).get().amount == D("240")


def test_a_price_that_is_to_go_goes_also_where_another_is_said_before(cast: Cast) -> None:
    """That nothing is said of it from a day on is a change that is planned, as another price is."""
    x_ray = service(cast)
    listed, gone = staff(cast, X_ray="250"), TOMORROW + timedelta(days=9)
    assert cost(cast, listed, gone, X_ray="") == 1
    assert cost(cast, listed, TOMORROW, X_ray="270") == 1
    assert cost(cast, listed, TOMORROW, X_ray="280") == 1
    held = Price.objects.filter(service=x_ray).order_by("starts_on").values_list("starts_on", "ends_on", "amount")
    assert list(held) == [(DAY, DAY, D("250")), (TOMORROW, gone - timedelta(days=1), D("280"))]


def test_what_is_no_price_is_refused_in_words(cast: Cast) -> None:
    service(cast)
    listed = staff(cast)
    for amount in ("-20", "10.005", "NaN", "1e9", "ten"):
        with pytest.raises(AmountRefused) as refusal:
            cost(cast, listed, X_ray=amount)
        assert refusal.value.details["service"]
    with pytest.raises(price_lists.PriceOfThePast):
        cost(cast, listed, DAY - timedelta(days=1), X_ray="1")
    assert cost(cast, listed, X_ray="0") == 1
    for name in ("", " ", "x" * 81):
        with pytest.raises(price_lists.PriceListNeedsName):
            price_lists.add_price_list(name=name, by=cast.bela, at=AT)
    with pytest.raises(price_lists.PriceListNameTaken):
        price_lists.add_price_list(name="staff", by=cast.bela, at=AT)


def test_a_list_out_of_use_charges_nobody(cast: Cast) -> None:
    x_ray = service(cast)
    listed = staff(cast, X_ray="250")
    price_lists.give_list(cast.asha, listed, by=cast.bela, at=AT)
    listed = price_lists.amend_price_list(listed, name="Staff of 2025", is_active=False, by=cast.bela, at=AT)
    assert prices(cast.draft({"service": x_ray})) == [(D("400"), None)]
    for give in (lambda: price_lists.give_list(cast.ben, listed, by=cast.bela, at=AT),
                 lambda: repricing.choose_list(cast.draft(), listed, by=cast.bela, at=AT)):  # fmt: skip
        with pytest.raises(price_lists.PriceListOutOfUse):
            give()


def test_a_draft_names_another_list_and_is_priced_anew(cast: Cast) -> None:
    x_ray, scan = service(cast), service(cast, "Scan", "900")
    mine, theirs = staff(cast, X_ray="250"), price_lists.add_price_list(name="Acme", by=cast.bela, at=AT)
    cost(cast, theirs, X_ray="200", Scan="800")
    price_lists.give_list(cast.asha, mine, by=cast.bela, at=AT)
    half = {"service": x_ray, "quantity": 2, "discount_percent": "50", "taxes": [{"name": "GST", "rate": "5"}]}
    invoice = cast.draft(half, {"service": scan}, {"service": scan, "unit_price": "1"}, {"unit_price": "7"})
    repricing.choose_list(invoice, theirs, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("200"), "Acme"), (D("800"), "Acme"), (D("1"), None), (D("7"), None)]
    first = invoice.lines.get(position=1)
    assert (first.gross, first.discount, first.tax, first.total) == (D("400"), D("200"), D("10"), D("210"))
    invoice.refresh_from_db()
    assert invoice.total == D("210") + D("800") + D("1") + D("7")
    charging.add_charge(invoice, service=x_ray, by=cast.bela, at=AT)
    assert prices(invoice)[-1] == (D("200"), "Acme")
    repricing.choose_list(invoice, None, by=cast.bela, at=AT)
    assert [price for price, _list in prices(invoice)] == [D("400"), D("900"), D("1"), D("7"), D("400")]
    line = charging.change_line(invoice.lines.get(position=2), unit_price="850", by=cast.bela, at=AT)
    assert line.price_list is None
    issued = invoicing.issue(invoice, by=cast.bela, at=AT)
    with pytest.raises(NotADraft):
        repricing.choose_list(issued, mine, by=cast.bela, at=AT)


def test_one_person_has_one_list_whatever_their_records(cast: Cast) -> None:
    x_ray = service(cast)
    listed = staff(cast, X_ray="250")
    twin = registration.register(by=cast.bela, at=AT, given_name="Asha", family_name="Patil")
    price_lists.give_list(twin, listed, by=cast.bela, at=AT)
    merging.merge(cast.asha, twin, reason="Twice", by=cast.bela, at=AT)
    assert prices(cast.draft({"service": x_ray})) == [(D("250"), "Staff")]
    price_lists.give_list(cast.asha, None, by=cast.bela, at=AT)
    assert price_lists.list_of(cast.asha) is None


def test_three_lines_ask_the_database_as_often_as_one(cast: Cast) -> None:
    x_ray = service(cast)
    listed = staff(cast, X_ray="250")
    price_lists.give_list(cast.asha, listed, by=cast.bela, at=AT)

    def asked(count: int) -> int:
        invoice = cast.draft()
        with CaptureQueriesContext(connection) as seen:
            charging.add_charges(invoice, [{"service": x_ray}] * count, by=cast.bela, at=AT)
        return len(seen)

    def asked_anew(count: int) -> int:
        invoice = cast.draft(*[{"service": x_ray}] * count)
        with CaptureQueriesContext(connection) as seen:
            repricing.choose_list(invoice, listed, by=cast.bela, at=AT)
        return len(seen)

    for ask in (asked, asked_anew):
        ask(2)
        assert ask(4) == ask(2)


@pytest.fixture
def desk(riverside: Any) -> dict[str, Any]:
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["ada"]):
        asha = registration.register(by=people["ada"], at=AT, given_name="Asha", family_name="Patel")
        x_ray = catalogue.add_service(name="X-ray", price="400", by=people["bela"], at=AT)
        draft = invoicing.draft(asha, by=people["bela"], at=AT)
        invoicing.add_charge(draft, service=x_ray, by=people["bela"], at=AT)
    return {**people, "asha": asha, "draft": draft, "x_ray": x_ray}


def test_services_are_added_and_changed_on_pages(
    web: Callable[..., Client], riverside: Any, desk: dict[str, Any]
) -> None:
    bela = web(riverside, desk["bela"])
    typed = {"name": "Dressing", "category": "service", "price": "1,250.50", "tax_name": "GST", "tax_rate": "12,5"}
    assert bela.post("/billing/services/new/", {**typed, "is_active": "on"}).status_code == 302
    for wrong, field in (
        ({"name": "X-RAY"}, "name"),
        ({"price": "ten"}, "price"),
        ({"price": "-20"}, "price"),
        ({"price": "10.005"}, "price"),
        ({"price": "1e9"}, "price"),
        ({"tax_rate": "101"}, "tax_rate"),
        ({"category": "nonsense"}, "category"),
    ):
        page = bela.post("/billing/services/new/", {**typed, **wrong})
        assert (page.status_code, list(page.context["form"].errors)) == (409 if field == "name" else 400, [field])
    with riverside.inside():
        made = Service.objects.get(name="Dressing")
        assert (made.price, made.tax_rate, made.is_active) == (D("1250.50"), D("12.5"), True)
    address = f"/billing/services/{made.pk}/"
    form = bela.get(address).context["form"]
    assert (form["price"].value(), form["tax_rate"].value()) == ("1,250.50", "12.5")
    assert bela.post(address, {**typed, "price": "99"}).status_code == 302  # and no longer offered
    page = bela.get("/billing/services/").content.decode()
    assert "99.00" in page
    assert "no longer offered" in page


def test_from_a_new_list_to_the_invoice_on_pages(
    web: Callable[..., Client], riverside: Any, desk: dict[str, Any]
) -> None:
    bela = web(riverside, desk["bela"])
    page = bela.post("/billing/price-lists/", {"name": "Staff"}, follow=True)
    found = page.context["list"]
    again = bela.post("/billing/price-lists/", {"name": "STAFF"})
    assert (again.status_code, list(again.context["form"].errors)) == (409, ["name"])
    address = f"/billing/price-lists/{found.pk}/"
    field = f"price_{desk['x_ray'].pk}"
    wrong = bela.post(address, {"starts_on": "2126-01-01", field: "ten"})
    assert wrong.status_code == 400
    assert 'value="ten"' in wrong.content.decode()
    past = bela.post(address, {"starts_on": "2020-01-01", field: "10"})
    assert (past.status_code, list(past.context["form"].errors)) == (400, ["starts_on"])
    assert bela.post(address, {"starts_on": "2126-01-01", field: "300"}).status_code == 302
    today = bela.get(address).context["form"].initial["starts_on"]
    assert bela.post(address, {"starts_on": today.isoformat(), field: "1,250.50"}).status_code == 302
    page = bela.get(address)
    assert page.context["rows"][0]["typed"] == "1,250.50"
    assert "1 Jan 2126" in page.content.decode()
    assert bela.post(f"{address}name/", {"name": "Staff and family", "is_active": "on"}).status_code == 302
    assert bela.post(f"{address}name/", {"name": ""}).status_code == 400

    invoice = f"/billing/invoices/{desk['draft'].pk}/"
    with riverside.inside():  # the draft is of a day before the list had a price
        desk["draft"].lines.update(service_on=today)
    page = bela.post(f"{invoice}price-list/", {"price_list": str(found.pk)}, follow=True)
    assert page.context["invoice"].total == D("1250.50")
    assert "Staff and family" in page.content.decode()
    account = f"/billing/patients/{desk['asha'].pk}/"
    assert bela.post(f"{account}price-list/", {"price_list": str(found.pk)}).status_code == 302
    with riverside.inside():
        assert price_lists.list_of(desk["asha"]) == found


def test_from_a_new_list_to_the_invoice_through_the_api(
    api: Callable[..., APIClient], riverside: Any, desk: dict[str, Any]
) -> None:
    bela = api(riverside, desk["bela"])
    made = bela.post("/api/v1/price-lists/", {"name": "Acme"}).json()
    one = f"/api/v1/price-lists/{made['id']}/"
    assert bela.patch(one, {"name": "Acme Ltd"}).json()["name"] == "Acme Ltd"
    wanted = {"prices": [{"service": str(desk["x_ray"].pk), "amount": "99.00"}]}
    listed = bela.post(f"{one}prices/", wanted)
    assert (listed.status_code, listed.json()[0]["amount"]) == (201, "99.00")
    assert bela.get(f"{one}prices/").json()["results"][0]["amount"] == "99.00"
    wrong = bela.post(f"{one}prices/", {"prices": [{"service": str(desk["x_ray"].pk), "amount": "NaN"}]})
    assert (wrong.status_code, wrong.json()["service"]) == (400, str(desk["x_ray"].pk))
    mine = f"/api/v1/patients/{desk['asha'].pk}/price-list/"
    assert bela.get(mine).json() == {"price_list": None}
    assert bela.put(mine, {"price_list": made["id"]}).json() == {"price_list": made["id"]}
    line = {"service": str(desk["x_ray"].pk)}
    invoice = bela.post("/api/v1/invoices/", {"patient": str(desk["asha"].pk), "lines": [line]}).json()
    assert (invoice["lines"][0]["unit_price"], invoice["lines"][0]["price_list"]) == ("99.00", made["id"])
    chosen = bela.put(f"/api/v1/invoices/{invoice['id']}/price-list/", {"price_list": None}).json()
    assert (chosen["lines"][0]["unit_price"], chosen["total"]) == ("400.00", "400.00")
