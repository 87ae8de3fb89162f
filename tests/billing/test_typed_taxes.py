"""Several taxes typed on one line of a draft, on its page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.billing import invoicing
from apps.billing.models import Invoice, InvoiceLine
from apps.billing.prices import catalogue
from apps.patients import registration
from tests.billing.cast import AT, D

# What a browser sends of the places that are left empty.
EMPTY = {f"tax_{part}_{place}": "" for part in ("name", "rate") for place in (2, 3, 4)} | {
    "service": "",
    "quantity": "1",
    "discount": "",
    "discount_reason": "",
    "service_on": "",
    "tax_name": "",
    "tax_rate": "",
}
BOTH = {"tax_name": "CGST", "tax_rate": "9", "tax_name_2": "SGST", "tax_rate_2": "9,5%"}


@pytest.fixture
def draft(riverside: Any, people: dict[str, Any]) -> Invoice:
    with riverside.inside(by=people["ada"]):
        asha = registration.register(by=people["ada"], at=AT, given_name="Asha", family_name="Patel")
        return invoicing.draft(asha, by=people["bela"], at=AT)


@pytest.fixture
def bela(riverside: Any, people: dict[str, Any], web: Callable[..., Client]) -> Client:
    return web(riverside, people["bela"])


def add(bela: Client, draft: Invoice, **typed: str) -> Any:
    return bela.post(f"/billing/invoices/{draft.pk}/lines/", {**EMPTY, **typed})


def taxes(riverside: Any) -> list[tuple[str, Any, bool, Any]]:
    with riverside.inside():
        line = InvoiceLine.objects.order_by("position").last()
        assert line is not None
        rows = line.taxes.order_by("position")
        return [(tax.name, tax.rate, tax.is_included, tax.amount) for tax in rows]


def test_a_free_line_takes_all_taxes_that_are_typed(bela: Client, draft: Invoice, riverside: Any) -> None:
    assert add(bela, draft, description="Report", unit_price="200", **BOTH).status_code == 302
    assert taxes(riverside) == [("CGST", D("9"), False, D("18")), ("SGST", D("9.5"), False, D("19"))]
    with riverside.inside():
        assert Invoice.objects.get().total == D("237")


def test_the_price_may_include_some_of_them(bela: Client, draft: Invoice, riverside: Any) -> None:
    typed = {"tax_name": "VAT", "tax_rate": "25", "tax_included": "on", "tax_name_3": "City", "tax_rate_3": "2"}
    assert add(bela, draft, description="Report", unit_price="125", **typed).status_code == 302
    assert taxes(riverside) == [("VAT", D("25"), True, D("25")), ("City", D("2"), False, D("2"))]
    with riverside.inside():
        assert Invoice.objects.get().total == D("127")


def test_what_is_no_rate_is_told_beside_it_and_nothing_typed_is_lost(bela: Client, draft: Invoice) -> None:
    for wrong in ("-1", "101", "ten", "1.2345"):
        answer = add(bela, draft, description="Report", unit_price="125", **{**BOTH, "tax_rate_2": wrong})
        form = answer.context["line_form"]
        assert (answer.status_code, list(form.errors)) == (400, ["tax_rate_2"])
        page = answer.content.decode()
        assert (f'value="{wrong}"' in page, 'value="SGST"' in page, '<details class="more" open>' in page) == (
            True,
            True,
            True,
        )
    answer = add(bela, draft, description="Report", unit_price="125", tax_rate="60", tax_rate_2="50")
    assert (answer.status_code, "100 %" in answer.content.decode()) == (400, True)


def test_a_line_is_shown_again_as_it_was_typed(bela: Client, draft: Invoice, riverside: Any) -> None:
    add(bela, draft, description="Report", unit_price="200", **BOTH)
    with riverside.inside():
        line = InvoiceLine.objects.get()
    form = bela.get(f"/billing/invoices/{draft.pk}/?line={line.pk}").context["edit_form"]
    shown = {field.html_name: field.value() for row in form.more_taxes for field in row}
    assert (form["tax_name"].value(), form["tax_rate"].value()) == ("CGST", "9")
    assert (shown["tax_name_2"], shown["tax_rate_2"], shown["tax_included_2"]) == ("SGST", "9.5", False)
    change = {**EMPTY, "description": "Report", "unit_price": "200", **BOTH, "tax_name_2": "", "tax_rate_2": ""}
    assert bela.post(f"/billing/invoices/{draft.pk}/lines/{line.pk}/", change).status_code == 302
    assert taxes(riverside) == [("CGST", D("9"), False, D("18"))]


def test_eight_taxes_that_a_program_wrote_stay_when_the_price_changes(
    bela: Client, draft: Invoice, riverside: Any, people: dict[str, Any]
) -> None:
    eight = [{"name": f"T{place}", "rate": "1", "is_included": place == 8} for place in range(1, 9)]
    with riverside.inside(by=people["bela"]):
        by = {"by": people["bela"], "at": AT}
        line = invoicing.add_charge(draft, description="Report", unit_price="101", taxes=eight, **by)
    form = bela.get(f"/billing/invoices/{draft.pk}/?line={line.pk}").context["edit_form"]
    sent = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    assert bela.post(f"/billing/invoices/{draft.pk}/lines/{line.pk}/", {**sent, "unit_price": "202"}).status_code == 302
    assert taxes(riverside) == [(f"T{n}", D("1"), n == 8, D("2")) for n in range(1, 9)]


def test_places_that_are_left_empty_copy_the_services_taxes(
    bela: Client, draft: Invoice, riverside: Any, people: dict[str, Any]
) -> None:
    with riverside.inside(by=people["bela"]):
        x_ray = catalogue.add_service(name="X-ray", price="400", tax_name="GST", tax_rate="5", by=people["bela"], at=AT)
    assert add(bela, draft, service=str(x_ray.pk)).status_code == 302
    assert taxes(riverside) == [("GST", D("5"), False, D("20"))]


def test_a_rate_of_nought_that_is_typed_keeps_the_taxes_of_the_service_off(
    bela: Client, draft: Invoice, riverside: Any, people: dict[str, Any]
) -> None:
    with riverside.inside():
        taxed = {"tax_name": "GST", "tax_rate": "18", "by": people["bela"], "at": AT}
        x_ray = catalogue.add_service(name="X-ray", category="test", price="400", **taxed)
    for nought in ("0", "0 %", "0.0"):
        add(bela, draft, service=str(x_ray.pk), tax_rate=nought)
        assert taxes(riverside) == [], nought
    add(bela, draft, service=str(x_ray.pk), tax_name="Exempt", tax_rate="0")
    assert taxes(riverside) == [("Exempt", D("0"), False, D("0"))]
    add(bela, draft, service=str(x_ray.pk))
    assert taxes(riverside) == [("GST", D("18"), False, D("72"))]
