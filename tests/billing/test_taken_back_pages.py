"""Taking a credit note back, on the pages, on paper and through the API."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.billing.documents.credit_note import _credit_note as said_on
from apps.billing.documents.credit_note import credit_note_pdf
from apps.billing.lowering import crediting, taking_back
from apps.billing.models import CreditNote, Invoice
from apps.clinic import profile
from tests.billing.cast import AT, Cast, D, found_wrong, make_cast


@pytest.fixture
def note(riverside: Any) -> CreditNote:
    """36.00 of 236.00 that were paid; they are Asha's credit."""
    with riverside.inside():
        cast: Cast = make_cast()
        invoice = cast.issued({"unit_price": 200, "tax_name": "GST", "tax_rate": 18})
        cast.pay("236.00", invoice)
        return crediting.credit(
            invoice, amount="36.00", disposition="credit", reason="Billed twice", by=cast.bela, at=AT
        )


def test_on_the_pages(note: CreditNote, riverside: Any, people: dict[str, Any], web: Callable[..., Client]) -> None:
    bela, here = web(riverside, people["bela"]), f"/billing/credit-notes/{note.pk}/"
    assert f"{here}taking-back/" in bela.get(here).content.decode()
    assert f"{here}taking-back/" not in web(riverside, people["cato"]).get(here).content.decode()
    page = bela.get(f"{here}taking-back/").content.decode()
    assert "36.00 that became the patient" in page
    wrong = bela.post(f"{here}taking-back/", {"ticket": uuid4(), "reason": ""})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (400, ["reason"])
    form = {"ticket": uuid4(), "reason": "It was right"}
    done = bela.post(f"{here}taking-back/", form, follow=True)
    assert "It takes back" in done.content.decode()
    assert "Pays the invoice again" in done.content.decode()
    bela.post(f"{here}taking-back/", form)
    again = bela.post(f"{here}taking-back/", {"ticket": uuid4(), "reason": "Again"})
    assert (again.status_code, "taken back already" in again.content.decode()) == (409, True)
    shown = bela.get(here).content.decode()
    assert "This credit note was taken back by" in shown
    assert f"{here}taking-back/" not in shown
    listed = bela.get("/billing/credit-notes/").content.decode()
    assert "takes CRN-2026-00001 back" in listed
    invoice = bela.get(f"/billing/invoices/{note.invoice_id}/").content.decode()
    assert "Credit note taken back: CRN-2026-00002" in invoice
    assert "Put back on the invoice" in invoice
    with riverside.inside():
        assert Invoice.objects.get(pk=note.invoice_id).due == D("0")
        assert CreditNote.objects.count() == 2
        assert found_wrong() == {}


def test_through_the_api(note: CreditNote, riverside: Any, people: dict[str, Any], api: Any) -> None:
    bela, here = api(riverside, people["bela"]), f"/api/v1/credit-notes/{note.pk}/"
    key = {"Idempotency-Key": str(uuid4())}
    made = bela.post(f"{here}taking-back/", {"reason": "It was right"}, headers=key)
    assert (made.status_code, made.data["total"], made.data["released"]) == (201, "-36.00", "-36.00")
    assert made.json()["reverses"] == str(note.pk)
    assert bela.post(f"{here}taking-back/", {"reason": "It was right"}, headers=key).json() == made.json()
    assert bela.post(f"{here}taking-back/", {"reason": "Again"}).data["code"] == "taken_back_already"
    paper = bela.get(f"/api/v1/credit-notes/{made.data['id']}/pdf/")
    assert paper.content.startswith(b"%PDF")


def test_on_paper(note: CreditNote, riverside: Any) -> None:
    with riverside.inside():
        clinic = profile.current()
        assert said_on(note, clinic, "")["stamp"] == ""
        mirror = taking_back.take_back(note, reason="It was right", by=note.by, at=AT)
        stamped = said_on(CreditNote.objects.get(pk=note.pk), clinic, "")
        assert stamped["stamp"] == "Taken back"
        assert stamped["closing"] == ["Taken back by CRN-2026-00002: it no longer lowers invoice INV-2026-00001."]
        said = said_on(mirror, clinic, "")
        assert (said["words"]["credit_note"], said["stamp"]) == ("Credit note taken back", "")
        assert ["Takes back", "CRN-2026-00001"] in said["facts"]
        assert said["closing"][0].endswith("stands again as before credit note CRN-2026-00001.")
        assert said["sums"][-1]["amount"].endswith("36.00")
        assert credit_note_pdf(note, address="https://riverside.example/", at=AT).startswith(b"%PDF")
