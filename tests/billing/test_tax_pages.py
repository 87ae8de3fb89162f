"""Taxes through pages, the API and the administration: from a new one to the invoice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.billing import invoicing
from apps.billing.models import Tax
from apps.billing.prices import catalogue
from tests.billing.cast import AT, D


@pytest.fixture
def desk(riverside: Any, people: dict[str, Any], asha: Any) -> dict[str, Any]:
    with riverside.inside(by=people["ada"]):
        draft = invoicing.draft(asha, by=people["bela"], at=AT)
    return {**people, "asha": asha, "draft": draft}


def test_from_a_new_tax_to_the_invoice_on_pages(
    web: Callable[..., Client], riverside: Any, desk: dict[str, Any]
) -> None:
    bela = web(riverside, desk["bela"])
    typed = {"name": "CGST", "rate": "9", "starts_on": "2026-01-01", "categories": ["test"]}
    for name in ("CGST", "SGST"):
        assert bela.post("/billing/taxes/new/", {**typed, "name": name}).status_code == 302
    again = bela.post("/billing/taxes/new/", typed)
    assert (again.status_code, list(again.context["form"].errors)) == (409, ["starts_on"])
    wrong = bela.post("/billing/taxes/new/", {**typed, "rate": "nine"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (400, ["rate"])
    assert 'value="nine"' in wrong.content.decode()
    with riverside.inside():
        tax = Tax.objects.get(name="CGST")
        x_ray = catalogue.add_service(name="X-ray", category="test", price="400", by=desk["bela"], at=AT)
    assert bela.post(f"/billing/taxes/{tax.pk}/", {**typed, "rate": "8"}).context["form"].errors["rate"]
    changed = {**typed, "categories": ["test", "service"]}
    assert bela.post(f"/billing/taxes/{tax.pk}/", changed).status_code == 302
    rate = f"/billing/taxes/{tax.pk}/rate/"
    assert bela.post(rate, {"rate": "6", "starts_on": "2025-12-31"}).status_code == 400
    assert bela.post(rate, {"rate": "6", "starts_on": "2126-01-01"}).status_code == 302
    assert "1 Jan 2126" in bela.get("/billing/taxes/").content.decode()
    address = f"/billing/invoices/{desk['draft'].pk}/"
    page = bela.post(f"{address}lines/", {"service": x_ray.pk, "service_on": "2026-05-11"}, follow=True)
    assert [(one.name, one.base, one.tax) for one in page.context["taxes"]] == [
        ("CGST", D("400"), D("36")),
        ("SGST", D("400"), D("36")),
    ]
    assert "CGST 9 %" in page.content.decode()
    assert bela.get(f"{address}pdf/").content[:5] == b"%PDF-"


def test_from_a_new_tax_to_the_invoice_through_the_api(
    api: Callable[..., APIClient], riverside: Any, desk: dict[str, Any]
) -> None:
    bela = api(riverside, desk["bela"])
    wanted = {"name": "VAT", "rate": "20", "is_included": True, "starts_on": "2026-01-01", "categories": ["medicine"]}
    made = bela.post("/api/v1/tax-rates/", wanted)
    assert (made.status_code, made.json()["categories"]) == (201, ["medicine"])
    again = bela.post("/api/v1/tax-rates/", wanted)
    assert (again.status_code, again.json()["code"]) == (409, "tax_overlaps")
    one = f"/api/v1/tax-rates/{made.json()['id']}/"
    assert bela.patch(one, {"ends_on": "2026-12-31"}).json()["ends_on"] == "2026-12-31"
    following = bela.post(f"{one}rate/", {"rate": "21", "starts_on": "2026-07-01"})
    assert (following.status_code, following.json()["ends_on"]) == (201, "2026-12-31")
    assert [row["rate"] for row in bela.get("/api/v1/tax-rates/").json()["results"]] == ["21.000", "20.000"]
    pills = bela.post("/api/v1/services/", {"name": "Pills", "category": "medicine", "price": "12.00"}).json()["id"]
    lines = [
        {"service": pills, "service_on": "2026-05-01"},
        {
            "description": "Belt",
            "unit_price": "50.00",
            "taxes": [{"name": "A", "rate": "2.5"}, {"name": "B", "rate": "5"}],
        },
    ]
    invoice = bela.post("/api/v1/invoices/", {"patient": str(desk["asha"].pk), "lines": lines}).json()
    first = invoice["lines"][0]
    assert (first["net"], first["included"], first["tax"], first["total"]) == ("10.00", "2.00", "2.00", "12.00")
    assert first["taxes"] == [{"name": "VAT", "rate": "20.000", "is_included": True, "amount": "2.00"}]
    assert [(row["name"], row["base"], row["tax"]) for row in invoice["tax_summary"]] == [
        ("A", "50.00", "1.25"),
        ("B", "50.00", "2.50"),
        ("VAT", "10.00", "2.00"),
    ]
    wrong = bela.post(f"/api/v1/invoices/{invoice['id']}/lines/", {**lines[1], "taxes": [{"rate": "NaN"}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "taxes")


def test_in_the_administration(web: Callable[..., Client], riverside: Any, desk: dict[str, Any]) -> None:
    ada = web(riverside, desk["ada"])
    page = "/administration/billing/tax/"
    typed = {"name": "GST", "rate": "5", "starts_on": "2026-01-01", "categories": ["test"]}
    assert ada.post(f"{page}add/", typed).status_code == 302
    assert ada.post(f"{page}add/", typed).context["adminform"].errors
    with riverside.inside():
        tax = Tax.objects.get()
    changed = ada.post(f"{page}{tax.pk}/change/", {**typed, "categories": ["fee"]})
    assert changed.status_code == 302, changed.context["adminform"].errors
    with riverside.inside():
        assert [scope.category for scope in tax.scopes.all()] == ["fee"]
        role = str(desk["bela"].groups.get().role.pk)
    limits = "/administration/billing/discountlimit/"
    assert ada.post(f"{limits}add/", {"role": role, "percent": "10"}).status_code == 302
    assert ada.get(limits).status_code == 200
