"""UC-03 at the desk: the pages, without JavaScript and with htmx."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.billing import chart, invoicing
from apps.billing.documents import papers
from apps.billing.models import Invoice, Payment
from apps.billing.paying import payments
from apps.billing.prices import catalogue
from apps.clinic import profile
from apps.patients.models import Patient
from tests.billing.cast import AT, DAY, D

HTMX = {"HX-Request": "true"}
DAYS = timedelta(days=7)


@pytest.fixture
def bela(riverside: Any, people: dict[str, Any], web: Callable[..., Client]) -> Client:
    return web(riverside, people["bela"])


def issued(riverside: Any, people: dict[str, Any], patient: Patient, price: str, lines: int = 1) -> Invoice:
    with riverside.inside(by=people["bela"]):
        invoice = invoicing.draft(patient, by=people["bela"], at=AT)
        for place in range(lines):
            invoicing.add_charge(invoice, description=f"Charge {place}", unit_price=price, by=people["bela"], at=AT)
        return invoicing.issue(invoice, by=people["bela"], at=AT)


def paid(page: Client, invoice: Invoice, amount: str, *, ticket: Any = None, **more: Any) -> Any:
    form = {"ticket": ticket or uuid4(), "amount": amount, "method": "cash", **more}
    return page.post(f"/billing/invoices/{invoice.pk}/payment/", form)


def test_the_address_of_a_form_opened_again_shows_the_way_back(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]
) -> None:
    page = f"/billing/invoices/{issued(riverside, people, asha, '150').pk}/"
    for step in ("payment", "lines", "discount", "issue"):
        answer = bela.get(f"{page}{step}/")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert f'href="{page}"' in answer.content.decode()


def test_a_blank_payment_form_is_this_invoice_s_own(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]
) -> None:
    """It is drawn once for all invoices; what differs is put in for each."""
    forms = {}
    for price in ("150", "1234.5"):
        invoice = issued(riverside, people, asha, price)
        html = bela.get(f"/billing/invoices/{invoice.pk}/").content.decode()
        (form,) = re.findall(r'<form [^>]*class="payment-form".*?</form>', html, re.DOTALL)
        own = {name: re.search(rf'name="{name}" value="([^"]+)"', form) for name in ("amount", "ticket")}
        assert f'action="/billing/invoices/{invoice.pk}/payment/"' in form
        assert re.search(r'name="csrfmiddlewaretoken" value="\w{64}"', form)
        assert not re.search(r"[\0-\x08]", form)
        forms[price] = {name: found[1] for name, found in own.items() if found}
    assert [form["amount"] for form in forms.values()] == ["150.00", "1,234.50"]
    assert len({form["ticket"] for form in forms.values()}) == 2


def test_from_a_new_invoice_to_a_receipt(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    with riverside.inside(by=people["bela"]):
        x_ray = catalogue.add_service(name="X-ray", price="400", tax_name="GST", tax_rate="5", by=people["bela"], at=AT)
    page = bela.post(f"/billing/patients/{asha.pk}/drafts/", follow=True)
    invoice = page.context["invoice"]
    address = f"/billing/invoices/{invoice.pk}/"
    bela.post(f"{address}lines/", {"service": x_ray.pk})
    page = bela.post(
        f"{address}lines/",
        {
            "description": "Crutches",
            "unit_price": "1,999.99",
            "discount": "10%",
            "discount_reason": "Staff",
            "tax_rate": "12",
        },
        follow=True,
    )
    assert page.context["invoice"].total == D("420.00") + D("2015.99")
    assert "1,999.99" in page.content.decode()
    line = page.context["lines"][1][0]
    page = bela.get(f"{address}?line={line.pk}")
    assert page.context["edit_form"]["discount"].value() == "10%"
    bela.post(f"{address}lines/{line.pk}/", {"description": "Crutches", "unit_price": "100", "discount": ""})
    bela.post(f"{address}discount/", {"discount": "50", "reason": "Hardship"})
    page = bela.post(f"{address}issue/", {}, follow=True)
    invoice = page.context["invoice"]
    assert (invoice.status, invoice.net, invoice.total) == ("issued", D("450.00"), D("468.00"))
    page = bela.post(
        f"{address}payment/",
        {
            "ticket": uuid4(),
            "amount": "400",
            "method": "card",
            "reference": "slip 7",
            "second_amount": "68.00",
            "second_method": "upi",
        },
        follow=True,
    )
    assert page.context["invoice"].status == "paid"
    with riverside.inside():
        first = Payment.objects.get(method="card")
    receipt = bela.get(f"/billing/payments/{first.pk}/receipt/")
    assert (receipt["content-type"], receipt.content[:5]) == ("application/pdf", b"%PDF-")
    assert bela.get(f"{address}pdf/").content[:5] == b"%PDF-"


def test_too_much_money_needs_consent_and_keeps_what_was_typed(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]
) -> None:
    invoice = issued(riverside, people, asha, "100.00")
    page = paid(bela, invoice, "120.00", reference="note 9")
    words = page.content.decode()
    assert page.status_code == 400
    assert "20.00" in words
    assert 'name="credit_consent"' in words
    assert 'value="note 9"' in words
    page = paid(bela, invoice, "120.00", credit_consent="on")
    assert page.status_code == 302
    with riverside.inside():
        assert Payment.objects.get().unapplied == D("20.00")


def test_a_double_click_takes_one_payment(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    invoice = issued(riverside, people, asha, "100.00")
    ticket = uuid4()
    assert [paid(bela, invoice, "40.00", ticket=ticket).status_code for _ in range(2)] == [302, 302]
    with riverside.inside():
        assert Payment.objects.get().amount == D("40.00")


@pytest.mark.parametrize("amount", ["-20", "0", "10.005", "NaN", "1e9", "ten", ""])
def test_what_is_no_amount_is_refused_beside_its_field(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any], amount: str
) -> None:
    page = paid(bela, issued(riverside, people, asha, "100.00"), amount)
    assert page.status_code == 400
    assert page.context["payment_form"].errors["amount"]


def test_the_work_queue_issues_in_one_click(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]
) -> None:
    with riverside.inside(by=people["bela"]):
        draft = invoicing.draft(asha, by=people["bela"], at=AT)
        invoicing.add_charge(draft, description="Fee", unit_price="80", by=people["bela"], at=AT)
    page = bela.get("/billing/")
    assert f"/billing/invoices/{draft.pk}/issue/" in page.content.decode()
    page = bela.post(f"/billing/invoices/{draft.pk}/issue/", {"next": "queue"}, follow=True)
    assert page.redirect_chain == [(f"/billing/?after={draft.pk}", 302)]
    with riverside.inside():
        assert Invoice.objects.get().status == "issued"


def test_whoever_issues_from_another_page_of_the_queue_stays_there(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.billing.views.work_queue.PAGE", 1)
    with riverside.inside(by=people["bela"]):
        for _draft in range(3):
            draft = invoicing.draft(asha, by=people["bela"], at=AT)
            invoicing.add_charge(draft, description="Fee", unit_price="80", by=people["bela"], at=AT)
        first, second, third = Invoice.objects.order_by("created_at", "id")
    shown = bela.get("/billing/?page=2").content.decode()
    fields = re.findall(r'<input type="hidden" name="(page)" value="(\d)">', shown)
    assert fields == [("page", "2")]
    page = bela.post(f"/billing/invoices/{second.pk}/issue/", {"next": "queue", **dict(fields)}, follow=True)
    assert str(third.pk) in page.content.decode() and str(first.pk) not in page.content.decode()
    nonsense = bela.post(f"/billing/invoices/{third.pk}/issue/", {"next": "queue", "page": "x&y=1"})
    assert nonsense["Location"] == f"/billing/?after={third.pk}"


@pytest.mark.parametrize("text", ["asha", "Pat", "INV-2026-00001", "inv-2026-00001"])
def test_invoices_are_found_by_number_and_by_patient(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any], text: str
) -> None:
    invoice = issued(riverside, people, asha, "100.00")
    page = bela.post("/billing/", {"q": text})
    assert [row.pk for row in page.context["rows"]] == [invoice.pk]
    assert not bela.post("/billing/", {"q": "Nobody"}).context["rows"].object_list


def test_void_and_refund_ask_for_a_reason(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    invoice = issued(riverside, people, asha, "100.00")
    paid(bela, invoice, "60.00")
    with riverside.inside():
        payment = Payment.objects.get()
    refund = f"/billing/payments/{payment.pk}/refund/"
    assert bela.post(refund, {"ticket": uuid4(), "amount": "10", "method": "cash", "reason": ""}).status_code == 400
    too_much = bela.post(refund, {"ticket": uuid4(), "amount": "60.01", "method": "cash", "reason": "x"})
    assert (too_much.status_code, "amount" in too_much.context["form"].errors) == (409, True)
    given = bela.post(refund, {"ticket": uuid4(), "amount": "10", "method": "cash", "reason": "x"})
    assert given.status_code == 302
    void = f"/billing/invoices/{invoice.pk}/void/"
    assert bela.post(void, {"reason": "Wrong"}).status_code == 400
    assert bela.post(void, {"reason": "Wrong", "disposition": "credit"}).status_code == 302
    page = bela.get(f"/billing/invoices/{invoice.pk}/")
    assert page.context["invoice"].status == "void"
    statement = bela.get(f"/billing/patients/{asha.pk}/").context
    assert statement["movements"][0][0].balance == D("-50.00")
    assert statement["balance"].net == D("-50.00")


def test_htmx_gets_the_part_that_changes(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    invoice = issued(riverside, people, asha, "100.00")
    for address in ("/billing/?tray=unpaid", f"/billing/invoices/{invoice.pk}/", f"/billing/patients/{asha.pk}/"):
        part = bela.get(address, headers=HTMX).content.decode()
        assert "<html" not in part
        assert "100.00" in part


def test_looking_at_money_of_a_patient_is_recorded(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]
) -> None:
    invoice = issued(riverside, people, asha, "100.00")
    bela.get(f"/billing/invoices/{invoice.pk}/")
    bela.get("/billing/?tray=unpaid")
    with riverside.inside():
        kinds = AuditEvent.objects.filter(action="read", patient_id=asha.pk).values_list("row_id", flat=True)
        assert len(kinds) == 2


def queries(riverside: Any, look: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert look().status_code == 200
    return len([query for query in seen if not re.match(r"(SAVEPOINT|RELEASE|SET )", query["sql"])])


def test_queries_do_not_grow_with_the_rows(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    small = issued(riverside, people, asha, "10.00")
    addresses = {
        "queue": "/billing/?tray=unpaid",
        "all": "/billing/?tray=all",
        "account": f"/billing/patients/{asha.pk}/",
    }
    for address in addresses.values():
        bela.get(address)
    before = {name: queries(riverside, lambda a=address: bela.get(a)) for name, address in addresses.items()}
    invoice_before = queries(riverside, lambda: bela.get(f"/billing/invoices/{small.pk}/"))
    for _ in range(3):
        large = issued(riverside, people, asha, "10.00", lines=4)
    after = {name: queries(riverside, lambda a=address: bela.get(a)) for name, address in addresses.items()}
    assert after == before
    assert queries(riverside, lambda: bela.get(f"/billing/invoices/{large.pk}/")) == invoice_before
    assert max(*before.values(), invoice_before) <= 20


def test_steps_of_a_line_are_told_in_words(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    with riverside.inside(by=people["bela"]):
        draft = invoicing.draft(asha, by=people["bela"], at=AT)
        invoicing.add_charge(
            draft,
            description="Strips",
            unit_price="19.99",
            quantity=3,
            discount_percent=10,
            discount_reason="Staff",
            tax_name="GST",
            tax_rate=18,
            by=people["bela"],
            at=AT,
        )
    words = bela.get(f"/billing/invoices/{draft.pk}/").content.decode()
    for step in ("₹19.99 × 3 = ₹59.97", "less 10 % of it, ₹6.00 (5.997 rounded half up)", "₹9.71 (9.7146 rounded"):
        assert step in words


def test_credit_is_offered_and_used(bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]) -> None:
    with riverside.inside(by=people["bela"]):
        payments.receive(asha, method="cash", amount="30", invoices=[], credit_consent=True, by=people["bela"], at=AT)
    invoice = issued(riverside, people, asha, "50.00")
    assert "Use the credit" in bela.get(f"/billing/invoices/{invoice.pk}/").content.decode()
    bela.post(f"/billing/invoices/{invoice.pk}/credit/")
    assert bela.get(f"/billing/invoices/{invoice.pk}/").context["invoice"].due == D("20.00")


def test_a_clinic_with_a_upi_address_is_paid_by_scanning(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]
) -> None:
    invoice = issued(riverside, people, asha, "100.00")
    with riverside.inside(by=people["ada"]):
        clinic = profile.amend(by=people["ada"], at=AT, upi_address="riverside@okbank")
        invoice.refresh_from_db()
        assert papers.upi_link(invoice, clinic) == (
            "upi://pay?pa=riverside@okbank&pn=Riverside%20Clinic&am=100.00&cu=INR"
            f"&tr={invoice.number}&tn={invoice.number}"
        )
        with pytest.raises(profile.BadProfile):
            profile.amend(by=people["ada"], at=AT, upi_address="riverside")
    assert bela.get(f"/billing/invoices/{invoice.pk}/pdf/").content[:5] == b"%PDF-"


def test_who_took_the_money_is_named_not_who_saw_it_coming(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]
) -> None:
    with riverside.inside(by=people["cato"]):
        who = {"by": people["cato"], "at": AT}
        noted = payments.expect(asha, method="cheque", amount="60", **who)
        payments.capture(noted, by=people["bela"], at=AT + timedelta(days=2, hours=3))
        taken = Payment.objects.get()
        assert papers._receipt(taken, profile.current(), "a4")["closing"] == "Received by Bela Novak. Thank you."
        [told] = chart._payments(asha, None, 5)
        assert (told.at, told.by) == (AT + timedelta(days=2, hours=3), "Bela Novak")
        late = payments.receive(asha, method="bank", amount="5", credit_consent=True, received_on=DAY - DAYS, **who)
    facts = {}
    for payment in (taken, late):
        html = bela.get(f"/billing/payments/{payment.pk}/").content.decode()
        said = re.findall(r"<dt>(Received|Noted)</dt><dd>(.*?)</dd>", html)
        facts[payment.method] = [(name, re.sub(r"<[^>]+>", "", words)) for name, words in said]
    assert facts == {
        "cheque": [("Received", "13 May 2026 15:00 · Bela Novak"), ("Noted", "11 May 2026 12:00 · Cato Ruiz")],
        "bank": [("Received", "4 May 2026 Cato Ruiz")],  # written down a week later
    }


def test_what_is_on_its_way_is_not_taken_with_another_part(
    bela: Client, asha: Patient, riverside: Any, people: dict[str, Any]
) -> None:
    """Which of the two has come the form cannot say: neither is in the books before somebody does."""
    invoice = issued(riverside, people, asha, "100")
    cheque = {"method": "cheque", "on_its_way": "on", "second_amount": "40", "second_method": "bank"}
    answer = paid(bela, invoice, "60", **cheque)
    assert (answer.status_code, list(answer.context["payment_form"].errors)) == (400, ["on_its_way"])
    with riverside.inside():
        assert not Payment.objects.exists()
    assert paid(bela, invoice, "60", **cheque | {"second_amount": ""}).status_code == 302
    with riverside.inside():
        assert [(one.status, one.amount) for one in Payment.objects.all()] == [("pending", D("60"))]
