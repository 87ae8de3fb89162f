"""Credit notes and write-offs at the desk and through the API."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.models import CreditNote, Invoice, Refund, WriteOff
from apps.billing.paying import payments
from apps.patients import registration
from apps.patients.models import Patient
from tests.billing.cast import AT, D, found_wrong


@pytest.fixture
def bela(riverside: Any, people: dict[str, Any], web: Callable[..., Client]) -> Client:
    return web(riverside, people["bela"])


@pytest.fixture
def belas(riverside: Any, people: dict[str, Any], api: Callable[..., APIClient]) -> APIClient:
    return api(riverside, people["bela"])


def issued(riverside: Any, people: dict[str, Any], patient: Patient, *, paid: str = "") -> Invoice:
    """200.00 with 18 % and 50.00 without."""
    by = {"by": people["bela"], "at": AT}
    with riverside.inside(by=people["bela"]):
        invoice = invoicing.draft(patient, **by)
        invoicing.add_charge(invoice, description="Consultation", unit_price=200, tax_name="GST", tax_rate=18, **by)
        invoicing.add_charge(invoice, description="Bandage", unit_price=50, **by)
        invoice = invoicing.issue(invoice, **by)
        if paid:
            payments.receive(patient, method="cash", amount=paid, invoices=[invoice], **by)
        return invoice


def test_a_write_off_and_back(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    invoice = issued(riverside, people, asha, paid="100.00")
    address = f"/billing/invoices/{invoice.pk}/write-off/"
    assert bela.get(address).context["form"]["amount"].value() == "186.00"
    form = {"ticket": uuid4(), "amount": "186.01", "category": "hardship", "reason": "Lost the job"}
    refused = bela.post(address, form)
    assert (refused.status_code, "amount" in refused.context["form"].errors) == (409, True)
    assert "Lost the job" in refused.content.decode()
    form["amount"] = "186"
    assert [bela.post(address, form).status_code for _ in range(2)] == [302, 302]
    page = bela.get(f"/billing/invoices/{invoice.pk}/")
    assert (page.context["invoice"].status, page.context["invoice"].due) == ("settled", 0)
    assert "Written off: WOF-" in page.content.decode()
    with riverside.inside():
        fact = WriteOff.objects.get()
    back = f"/billing/write-offs/{fact.pk}/taking-back/"
    assert back in page.content.decode()
    assert bela.post(back, {"ticket": uuid4(), "reason": ""}).status_code == 400
    assert bela.post(back, {"ticket": uuid4(), "reason": "Came after all"}).status_code == 302
    again = bela.post(back, {"ticket": uuid4(), "reason": "Came after all"})
    assert (again.status_code, "taken back already" in again.content.decode()) == (409, True)
    listed = bela.get("/billing/write-offs/").content.decode()
    assert "takes WOF-" in listed
    assert back not in listed
    with riverside.inside():
        assert Invoice.objects.get().due == D("186.00")
        assert not found_wrong()


def credited(bela: Client, invoice: Invoice, **form: Any) -> Any:
    return bela.post(
        f"/billing/invoices/{invoice.pk}/credit-note/", {"ticket": uuid4(), "reason": "Billed twice", **form}
    )


def test_a_line_is_credited_and_printed(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    invoice = issued(riverside, people, asha, paid="286.00")
    page = bela.get(f"/billing/invoices/{invoice.pk}/credit-note/")
    (first, field), (second, _field) = page.context["form"].rows()
    assert (first.line.description, second.total) == ("Consultation", D("50.00"))
    assert credited(bela, invoice, what="lines").status_code == 400
    beyond = credited(bela, invoice, what="lines", disposition="credit", **{field.name: "236.01"})
    assert (beyond.status_code, field.name in beyond.context["form"].errors) == (409, True)
    silent = credited(bela, invoice, what="lines", **{field.name: "118"})
    assert (silent.status_code, "disposition" in silent.context["form"].errors) == (400, True)
    assert 'value="118"' in silent.content.decode()
    done = credited(bela, invoice, what="lines", disposition="refund", **{field.name: "118"})
    assert done.status_code == 302
    page = bela.get(done["location"])
    note = page.context["note"]
    assert (note.net, note.tax, note.released, note.disposition) == (D("100"), D("18"), D("118"), "refund")
    words = page.content.decode()
    assert "−₹118.00" in words
    assert "given back" in words
    assert "Deferred revenue" in words
    pdf = bela.get(f"{done['location']}pdf/")
    assert (pdf["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert bela.get(f"/billing/invoices/{invoice.pk}/pdf/").content[:5] == b"%PDF-"
    assert note.number in bela.get("/billing/credit-notes/").content.decode()
    page = bela.get(f"/billing/invoices/{invoice.pk}/")
    assert page.context["invoice"].status == "paid"
    assert f"/billing/invoices/{invoice.pk}/void/" not in page.content.decode()
    void = bela.post(f"/billing/invoices/{invoice.pk}/void/", {"reason": "Wrong", "disposition": "credit"})
    assert (void.status_code, "Credit the rest" in void.content.decode()) == (409, True)
    statement = bela.get(f"/billing/patients/{asha.pk}/").context
    assert (statement["movements"][0][0].balance, statement["balance"].net) == (0, 0)


def test_an_amount_or_all_of_it(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    invoice = issued(riverside, people, asha)
    assert credited(bela, invoice, what="amount").status_code == 400
    assert credited(bela, invoice, what="amount", amount="ten").status_code == 400
    assert credited(bela, invoice, what="amount", amount="286.01").status_code == 409
    ticket = uuid4()
    sent = [credited(bela, invoice, what="amount", amount="36", ticket=ticket) for _ in range(2)]
    assert sent[0]["location"] == sent[1]["location"]
    assert credited(bela, invoice, what="all").status_code == 302
    assert credited(bela, invoice, what="all").status_code == 409
    with riverside.inside():
        assert (Invoice.objects.get().status, CreditNote.objects.count()) == ("credited", 2)
        assert not found_wrong()


def test_who_may_give_nothing_back_gives_credit(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any], belas: APIClient
) -> None:
    invoice = issued(riverside, people, asha, paid="286.00")
    with riverside.inside():
        for group in people["bela"].groups.all():
            group.permissions.remove(*group.permissions.filter(codename="refund_payment"))
    kinds = bela.get(f"/billing/invoices/{invoice.pk}/credit-note/").context["form"].fields["disposition"].choices
    assert [code for code, _words in kinds] == ["credit"]
    assert credited(bela, invoice, what="all", disposition="refund").status_code == 400
    body = {"reason": "Billed twice", "disposition": "refund"}
    assert belas.post(f"/api/v1/invoices/{invoice.pk}/credit-notes/", body).status_code == 403
    # Nor by making it void, nor by saying that it was somebody else's.
    kinds = bela.get(f"/billing/invoices/{invoice.pk}/void/").context["form"].fields["disposition"].choices
    assert [code for code, _words in kinds] == ["credit"]
    assert bela.post(f"/billing/invoices/{invoice.pk}/void/", body).status_code == 400
    assert belas.post(f"/api/v1/invoices/{invoice.pk}/void/", body).status_code == 403
    with riverside.inside(by=people["bela"]):
        other = registration.register(by=people["bela"], at=AT, given_name="Ben", family_name="Okoro")
    page = f"/billing/invoices/{invoice.pk}/correction/patient/"
    assert [code for code, _words in bela.get(page).context["form"].fields["paid"].choices] == ["along", "credit"]
    body = {"kind": "patient", "patient": str(other.pk), "reason": "Wrong", "paid": "refund"}
    assert bela.post(page, body).status_code == 400
    for step in ("corrections/", "corrections/rehearsal/"):
        assert belas.post(f"/api/v1/invoices/{invoice.pk}/{step}", body).status_code == 403
    with riverside.inside():
        assert not Refund.objects.exists()


def test_through_the_api(belas: APIClient, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    invoice = issued(riverside, people, asha, paid="100.00")
    address = f"/api/v1/invoices/{invoice.pk}"
    line = belas.get(f"{address}/").json()["lines"][1]["id"]
    body = {"reason": "Not used", "lines": [{"line": line}]}
    sent = [belas.post(f"{address}/credit-notes/", body, headers={"Idempotency-Key": "crn-1"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]
    note = sent[0].json()
    assert sent[1].json() == note
    assert (note["total"], note["tax"], note["lines"][0]["description"]) == ("50.00", "0.00", "Bandage")
    assert belas.get(f"/api/v1/credit-notes/{note['id']}/").json() == note
    body = {"category": "courtesy", "reason": "Long wait", "amount": "36.00"}
    sent = [belas.post(f"{address}/write-offs/", body, headers={"Idempotency-Key": "wof-1"}) for _ in range(2)]
    fact = sent[1].json()
    assert (sent[0].json(), fact["amount"], fact["net"], fact["tax"]) == (fact, "36.00", "30.51", "5.49")
    refused = belas.post(f"{address}/write-offs/", {**body, "amount": "100.01"})
    assert (refused.status_code, refused.json()["code"]) == (409, "more_than_due")
    refused = belas.post(f"{address}/credit-notes/", {"reason": "More"})
    assert (refused.status_code, refused.json()["code"]) == (409, "write_off_stands")
    shown = belas.get(f"{address}/").json()
    assert (shown["credited"], shown["written_off"], shown["due"]) == ("50.00", "36.00", "100.00")
    back = belas.post(f"/api/v1/write-offs/{fact['id']}/taking-back/", {"reason": "Paid"})
    assert (back.status_code, back.json()["amount"], back.json()["reverses"]) == (201, "-36.00", fact["id"])
    assert [row["number"] for row in belas.get("/api/v1/write-offs/").json()["results"]] == [
        back.json()["number"],
        fact["number"],
    ]
    assert len(belas.get(f"/api/v1/credit-notes/?invoice={invoice.pk}").json()["results"]) == 1
    assert belas.get(f"/api/v1/credit-notes/{note['id']}/pdf/").content[:5] == b"%PDF-"
    with riverside.inside():
        assert not found_wrong()


def test_queries_do_not_grow_with_the_rows(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    def lower() -> Invoice:
        invoice = issued(riverside, people, asha, paid="100.00")
        by = {"by": people["bela"], "at": AT}
        with riverside.inside(by=people["bela"]):
            crediting.credit(invoice, amount="10.00", reason="Wrong", **by)
            for _ in range(2):
                write_offs.write_off(invoice, amount="10.00", category="courtesy", reason="Wait", **by)
            return invoice

    def count(address: str) -> int:
        bela.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert bela.get(address).status_code == 200
        return len(seen)

    first = lower()
    lists = ("/billing/credit-notes/", "/billing/write-offs/", f"/billing/patients/{asha.pk}/")
    before = [count(address) for address in (*lists, f"/billing/invoices/{first.pk}/")]
    for _ in range(2):
        last = lower()
    assert [count(address) for address in (*lists, f"/billing/invoices/{last.pk}/")] == before
