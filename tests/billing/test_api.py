"""Invoices and payments through the API (UC-03), with the worked figures."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from apps.billing.models import Invoice, Payment, Refund
from apps.core import numbering
from apps.core.clock import NoSuchDay
from apps.core.models import NumberSeries
from apps.patients.models import Patient
from tests.billing.cast import D, balances


@pytest.fixture
def bela(riverside: Any, people: dict[str, Any], api: Callable[..., APIClient]) -> APIClient:
    return api(riverside, people["bela"])


@pytest.fixture
def issued(bela: APIClient, asha: Patient) -> dict[str, Any]:
    """200.00 and 18 %."""
    lines = [{"description": "Consultation", "unit_price": "200.00", "tax_name": "GST", "tax_rate": "18"}]
    draft = bela.post("/api/v1/invoices/", {"patient": str(asha.pk), "lines": lines}).json()
    answer = bela.post(f"/api/v1/invoices/{draft['id']}/issue/", {})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def pay(bela: APIClient, invoice: dict[str, Any], method: str, amount: Any, **more: Any) -> Any:
    body = {"invoices": [{"invoice": invoice["id"]}], "method": method, "amount": amount, **more}
    return bela.post("/api/v1/payments/", body)


def test_from_draft_to_paid_with_credit(bela: APIClient, issued: dict[str, Any], riverside: Any) -> None:
    assert (issued["status"], issued["total"], issued["tax"]) == ("issued", "236.00", "36.00")
    assert issued["number"].startswith("INV-")
    assert issued["tenant_id"] == str(riverside.id)
    first = pay(bela, issued, "cash", "100.00")
    assert first.status_code == 201
    assert first.json()["allocations"][0]["recognised"] == "84.75"
    invoice = bela.get(f"/api/v1/invoices/{issued['id']}/").json()
    assert (invoice["status"], invoice["due"]) == ("partially_paid", "136.00")
    assert pay(bela, issued, "card", "100.00").status_code == 201
    refused = pay(bela, issued, "upi", "56.00")
    assert (refused.status_code, refused.json()["code"]) == (400, "credit_consent_needed")
    assert refused.headers["content-type"] == "application/problem+json"
    last = pay(bela, issued, "upi", "56.00", credit_consent=True)
    assert last.json()["unapplied"] == "20.00"
    account = bela.get(f"/api/v1/patients/{issued['patient']}/account/").json()
    assert (account["owed"], account["credit"], len(account["movements"])) == ("0.00", "20.00", 4)
    with riverside.inside():
        assert balances() == {
            "cash": D("100"),
            "card": D("100"),
            "upi": D("56"),
            "revenue": D("200"),
            "tax_payable": D("36"),
            "patient_credit": D("20"),
        }


def test_a_repeated_post_takes_one_payment(bela: APIClient, issued: dict[str, Any], riverside: Any) -> None:
    body = {"invoices": [{"invoice": issued["id"]}], "method": "cash", "amount": "100.00"}
    answers = [bela.post("/api/v1/payments/", body, headers={"Idempotency-Key": "till-1-0001"}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    other = bela.post("/api/v1/payments/", {**body, "amount": "10.00"}, headers={"Idempotency-Key": "till-1-0001"})
    assert other.status_code == 422
    with riverside.inside():
        assert Payment.objects.count() == 1


def test_what_is_on_its_way_is_noted_for_one_invoice_and_in_no_book(bela: APIClient, issued: dict[str, Any]) -> None:
    promise = {"method": "cheque", "amount": "10", "invoices": [{"invoice": issued["id"]}], "on_its_way": True}
    noted = bela.post("/api/v1/payments/", promise)
    assert (noted.status_code, noted.json()["status"], noted.json()["meant_for"]) == (201, "pending", issued["id"])
    assert bela.get(f"/api/v1/invoices/{issued['id']}/").json()["due"] == issued["due"]


@pytest.mark.parametrize(
    ("besides", "field"),
    [
        ({"tendered": "20"}, "tendered"),
        ({"received_on": "2026-11-20"}, "received_on"),
        ({"invoices": "with an amount"}, "invoices"),
        ({"invoices": "twice"}, "invoices"),
    ],
)
def test_what_is_on_its_way_keeps_nothing_silently_back(
    bela: APIClient, issued: dict[str, Any], besides: dict[str, Any], field: str
) -> None:
    one = {"invoice": issued["id"]}
    shares = {"with an amount": [one | {"amount": "5"}], "twice": [one, one]}
    named = {"invoices": shares[besides["invoices"]]} if "invoices" in besides else {"invoices": [one], **besides}
    answer = bela.post("/api/v1/payments/", {"method": "cash", "amount": "10", "on_its_way": True, **named})
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, [field])


@pytest.mark.parametrize("amount", ["-20", "0", "10.005", "NaN", "1e9", 1000000000, "ten", ""])
def test_what_is_no_amount_is_a_400_that_names_the_field(bela: APIClient, issued: dict[str, Any], amount: Any) -> None:
    answer = pay(bela, issued, "cash", amount)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "amount")


def test_a_wrong_line_is_named_by_its_path(bela: APIClient, asha: Patient, riverside: Any) -> None:
    lines = [{"description": "Fine", "unit_price": "1.00"}, {"description": "Wrong", "unit_price": "10.005"}]
    answer = bela.post("/api/v1/invoices/", {"patient": str(asha.pk), "lines": lines})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "lines.1.unit_price")
    with riverside.inside():
        assert not Invoice.objects.exists()


def test_lines_of_a_draft_change_and_of_an_invoice_do_not(bela: APIClient, asha: Patient) -> None:
    draft = bela.post("/api/v1/invoices/", {"patient": str(asha.pk)}).json()
    address = f"/api/v1/invoices/{draft['id']}/"
    added = bela.post(f"{address}lines/", {"description": "Dressing", "unit_price": "60", "quantity": "2"}).json()
    line = f"{address}lines/{added['lines'][0]['id']}/"
    changed = bela.patch(line, {"discount_percent": "10", "discount_reason": "Staff", "tax_rate": "18"}).json()
    assert (changed["net"], changed["tax"], changed["total"]) == ("108.00", "19.44", "127.44")
    whole = {"amount": "20.00", "reason": "Hardship", "replaces": True}
    shared = bela.post(f"{address}discount/", whole).json()
    assert (shared["lines"][0]["discount"], shared["net"]) == ("20.00", "100.00")
    assert bela.post(f"{address}issue/", {"issue_date": "2999-01-01"}).status_code == 400
    assert bela.post(f"{address}issue/", {}).status_code == 200
    for refused in (bela.patch(line, {"quantity": "1"}), bela.delete(line), bela.post(f"{address}issue/", {})):
        assert (refused.status_code, refused.json()["code"]) == (409, "not_a_draft")


def test_refunds_up_to_what_was_paid_and_void(bela: APIClient, issued: dict[str, Any], riverside: Any) -> None:
    payment = pay(bela, issued, "card", "236.00").json()
    refunds = f"/api/v1/payments/{payment['id']}/refunds/"
    first = bela.post(refunds, {"amount": "36.00", "reason": "Agreed"})
    assert (first.status_code, first.json()["number"][:4]) == (201, "RFD-")
    second = bela.post(refunds, {"amount": "200.01", "reason": "More"})
    assert (second.status_code, second.json()["code"], second.json()["refundable"]) == (
        409,
        "refund_too_large",
        "200.00",
    )
    assert bela.get(refunds).json()["results"][0]["reason"] == "Agreed"
    void = f"/api/v1/invoices/{issued['id']}/void/"
    unsaid = bela.post(void, {"reason": "Wrong visit"})
    assert (unsaid.status_code, unsaid.json()["errors"][0]["field"]) == (400, "disposition")
    done = bela.post(void, {"reason": "Wrong visit", "disposition": "refund"})
    assert (done.status_code, done.json()["status"], done.json()["due"]) == (200, "void", "0.00")
    with riverside.inside():
        assert balances() == {}
        assert Refund.objects.count() == 2


def test_a_cashier_takes_money_but_gives_none_back(
    riverside: Any, people: dict[str, Any], api: Callable[..., APIClient], bela: APIClient, issued: dict[str, Any]
) -> None:
    cato = api(riverside, people["cato"])
    payment = pay(cato, issued, "cash", "236.00").json()
    answer = cato.post(f"/api/v1/payments/{payment['id']}/refunds/", {"amount": "1.00", "reason": "x"})
    assert answer.status_code == 403
    draft = cato.post("/api/v1/invoices/", {"patient": issued["patient"]}).json()
    line = {"description": "Fee", "unit_price": "10.00", "discount": "5.00"}
    discounted = cato.post(f"/api/v1/invoices/{draft['id']}/lines/", line)
    assert (discounted.status_code, discounted.json()["code"]) == (403, "may_not_give_discount")


def test_papers_are_pdf(bela: APIClient, issued: dict[str, Any]) -> None:
    payment = pay(bela, issued, "cash", "236.00").json()
    for address in (f"invoices/{issued['id']}/pdf/", f"payments/{payment['id']}/receipt/"):
        answer = bela.get(f"/api/v1/{address}")
        assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")


@pytest.mark.parametrize("day", ["0026-11-27", "0001-01-01", "1899-12-31"])
def test_money_of_other_centuries_is_refused(bela: APIClient, issued: dict[str, Any], day: str) -> None:
    refused = pay(bela, issued, "card", "10.00", received_on=day)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "received_on")


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"issue_date": "0001-01-01"}, "issue_date"),
        ({"issue_date": "0001-01-01", "due_date": "9999-12-31"}, "issue_date"),
        ({"due_date": "9999-12-31"}, "due_date"),
    ],
)
def test_invoices_of_other_centuries_are_refused(bela: APIClient, asha: Patient, days: Any, field: str) -> None:
    lines = [{"description": "Consultation", "unit_price": "200.00"}]
    draft = bela.post("/api/v1/invoices/", {"patient": str(asha.pk), "lines": lines}).json()
    refused = bela.post(f"/api/v1/invoices/{draft['id']}/issue/", days)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    for day in ("0001-01-01", "9999-12-31"):
        refused = bela.post(f"/api/v1/invoices/{draft['id']}/lines/", {**lines[0], "service_on": day})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "service_on")
    assert len(bela.get(f"/api/v1/invoices/{draft['id']}/").json()["lines"]) == 1


@pytest.mark.parametrize("year", [26, 9999])
def test_no_number_is_of_another_century(riverside: Any, year: int) -> None:
    with riverside.inside():
        with pytest.raises(NoSuchDay):
            numbering.next_number("RCT", on=date(year, 1, 1))
        with pytest.raises(IntegrityError, match="number_series_year"), transaction.atomic():
            NumberSeries.objects.create(series="RCT", year=year)
