"""A clinic may have it that credit pays an invoice by itself as it is issued; otherwise somebody chooses."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.billing import invoicing, statements
from apps.billing.correcting.corrections import ALONG, correct_invoice
from apps.billing.models import BillingSettings, Invoice, PaymentAllocation
from apps.billing.paying import credit, credit_rule, payments
from apps.patients import registration
from tests.billing.cast import AT, Cast, D, balances, found_wrong, make_cast
from tests.billing.test_together import together

SETTINGS = "/api/v1/billing-settings/"


@pytest.fixture
def rule(cast: Cast) -> BillingSettings:
    return credit_rule.choose(credit_by_itself=True, by=cast.bela, at=AT)


def deposit(cast: Cast, amount: str, **more: Any) -> Any:
    return cast.pay(amount, credit_consent=True, **more)


def used(invoice: Invoice) -> list[tuple[str, Any, bool]]:
    rows = invoice.allocations.order_by("at", "id").select_related("payment")
    return [(row.payment.number, row.amount, row.by_itself) for row in rows]


def test_until_a_clinic_chooses_credit_waits_to_be_used(cast: Cast) -> None:
    deposit(cast, "20.00")
    invoice = cast.issued("50.00")
    assert (invoice.due, used(invoice), credit_rule.settings().credit_by_itself) == (D("50"), [], False)


def test_the_oldest_credit_pays_first_and_the_rest_is_owed(cast: Cast, rule: BillingSettings) -> None:
    younger = deposit(cast, "40.00", method="card")
    older = deposit(cast, "20.00", received_on=AT.date().replace(day=4))
    invoice = cast.issued({"unit_price": "50.00", "tax_rate": 10})
    assert used(invoice) == [(older.number, D("20"), True), (younger.number, D("35"), True)]
    assert (invoice.status, invoice.due, credit.credit_of(cast.asha)) == ("paid", 0, D("5"))
    more = cast.issued("12.00")
    assert (more.status, more.due, statements.paid_from_credit(more)) == ("partially_paid", D("7"), D("5"))
    assert balances() == {
        "cash": D("20"),
        "card": D("40"),
        "accounts_receivable": D("7"),
        "tax_payable": D("5"),
        "revenue": D("55"),
        "deferred_revenue": D("7"),
    }
    assert found_wrong() == {}


def test_nobody_elses_credit_is_used(cast: Cast, rule: BillingSettings) -> None:
    deposit(cast, "20.00", patient=cast.ben)
    assert cast.issued("50.00").due == D("50")


def test_who_issues_may_say_otherwise_for_one_invoice(cast: Cast, rule: BillingSettings) -> None:
    deposit(cast, "20.00")
    draft = cast.draft({"unit_price": "50.00"})
    assert invoicing.issue(draft, use_credit=False, by=cast.bela, at=AT).due == D("50")
    chosen = invoicing.issue(cast.draft({"unit_price": "5.00"}), use_credit=True, by=cast.bela, at=AT)
    assert [row[2] for row in used(chosen)] == [False]


def test_a_void_gives_the_credit_back_to_be_used_again(cast: Cast, rule: BillingSettings) -> None:
    older, younger = deposit(cast, "20.00"), deposit(cast, "40.00", method="card")
    wrong = cast.issued("50.00")
    with pytest.raises(invoicing.VoidNeedsDisposition):
        invoicing.void(wrong, reason="Wrong", by=cast.bela, at=AT)
    wrong = invoicing.void(wrong, reason="Wrong", disposition="credit", by=cast.bela, at=AT)
    assert (wrong.applied, credit.credit_of(cast.asha), statements.paid_from_credit(wrong)) == (0, D("60"), 0)
    right = cast.issued("30.00")
    assert used(right) == [(older.number, D("20"), True), (younger.number, D("10"), True)]
    gone = invoicing.void(right, reason="Wrong", disposition="refund", by=cast.bela, at=AT)
    assert (gone.status, credit.credit_of(cast.asha), found_wrong()) == ("void", D("30"), {})


def test_taken_along_to_the_right_patient_money_pays_before_their_credit(cast: Cast, rule: BillingSettings) -> None:
    wrong = cast.issued("50.00")
    cast.pay("50.00", wrong)
    deposit(cast, "20.00", patient=cast.ben)
    right = {"patient": cast.ben, "paid": ALONG, "reason": "Ben's", "by": cast.bela, "at": AT}
    new = correct_invoice(wrong, kind="patient", **right).new_invoice
    assert (new.status, credit.credit_of(cast.ben), found_wrong()) == ("paid", D("20"), {})


def test_the_invoice_says_why(cast: Cast, rule: BillingSettings) -> None:
    payment = deposit(cast, "20.00")
    invoice = cast.issued("50.00")
    last = statements.timeline(invoice, statements.facts_about(invoice))[-1]
    assert (last.words, last.amount) == (f"Credit used: {payment.number}", D("20"))
    assert "oldest payment first" in last.note


@pytest.mark.usefixtures("throw_away")
def test_two_invoices_at_once_share_it_and_both_are_issued(throw_away: str, riverside: Any) -> None:
    with riverside.inside():
        cast = make_cast()
        credit_rule.choose(credit_by_itself=True, by=cast.bela, at=AT)
        deposit(cast, "60.00")
        drafts = [cast.draft({"unit_price": "40.00"}) for _ in range(3)]
    works = [lambda one=one: invoicing.issue(one, by=cast.bela, at=AT) for one in drafts]  # type: ignore[misc]
    assert together(riverside, *works) == ["done"] * 3
    with riverside.inside():
        assert sorted(Invoice.objects.values_list("due", flat=True)) == [0, D("20"), D("40")]
        assert (credit.credit_of(cast.asha), found_wrong()) == (0, {})


@pytest.fixture
def asha(riverside: Any, people: dict[str, Any]) -> Any:
    """Has 20.00 of credit."""
    with riverside.inside(by=people["ada"]):
        made = registration.register(by=people["ada"], at=AT, given_name="Asha", family_name="Patel")
        asked = {"method": "cash", "amount": "20.00", "invoices": [], "credit_consent": True}
        payments.receive(made, by=people["bela"], at=AT, **asked)
        return made


def drafted(riverside: Any, people: dict[str, Any], patient: Any) -> Invoice:
    with riverside.inside(by=people["bela"]):
        made = invoicing.draft(patient, by=people["bela"], at=AT)
        invoicing.add_charge(made, description="Dressing", unit_price="15.00", by=people["bela"], at=AT)
        return made


def test_bela_chooses_it_and_issues_from_the_queue_and_from_the_page(
    riverside: Any, people: dict[str, Any], asha: Any, web: Callable[..., Client]
) -> None:
    bela = web(riverside, people["bela"])
    assert "credit_by_itself" in bela.get("/billing/copays/").content.decode()
    assert bela.post("/billing/credit-by-itself/", {"credit_by_itself": "on"}).status_code == 302
    assert 'name="credit_by_itself" checked' in bela.get("/billing/copays/").content.decode()
    kept, taken = drafted(riverside, people, asha), drafted(riverside, people, asha)
    page = f"/billing/invoices/{kept.pk}/"
    assert bela.get(page).context["issue_form"]["use_credit"].value() is True
    bela.post(f"{page}issue/", {"credit_asked": "True"})  # the tick was taken away
    bela.post(f"/billing/invoices/{taken.pk}/issue/", {"next": "queue"})
    with riverside.inside():
        assert Invoice.objects.get(pk=kept.pk).due == D("15")
        assert Invoice.objects.get(pk=taken.pk).due == 0
    assert "uses a patient" in bela.get(f"/billing/invoices/{taken.pk}/").content.decode()
    bela.post("/billing/credit-by-itself/")
    with riverside.inside():
        assert not credit_rule.settings().credit_by_itself


def test_a_program_chooses_it_and_issues(
    riverside: Any, people: dict[str, Any], asha: Any, api: Callable[..., Any]
) -> None:
    bela = api(riverside, people["bela"])
    assert bela.get(SETTINGS).json() == {"credit_by_itself": False}
    assert bela.put(SETTINGS, {"credit_by_itself": "perhaps"}).status_code == 400
    assert bela.put(SETTINGS, {"credit_by_itself": True}).json() == {"credit_by_itself": True}
    kept, taken = drafted(riverside, people, asha), drafted(riverside, people, asha)
    answer = bela.post(f"/api/v1/invoices/{kept.pk}/issue/", {"use_credit": False})
    assert (answer.status_code, answer.json()["due"]) == (200, "15.00")
    answer = bela.post(f"/api/v1/invoices/{taken.pk}/issue/", {})
    assert (answer.json()["status"], answer.json()["allocations"][0]["by_itself"]) == ("paid", True)
    with riverside.inside():
        assert PaymentAllocation.objects.get().by_itself
