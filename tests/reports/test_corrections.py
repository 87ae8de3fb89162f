"""Corrections without deleting: what is shown is what is posted, both papers stay, and the books stay clean."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.billing.correcting import corrections, rehearsing
from apps.billing.models import Correction, Invoice, Payment, Refund
from apps.billing.paying import credit, payments, refunds
from apps.ledger import balances
from apps.ledger.checking.running import check_books
from apps.ledger.models import Account, JournalEntry, JournalLine
from tests.cast import ada_at_work
from tests.kept import keep
from tests.patients.factories import PatientFactory
from tests.reports.clinic import DAY, at, open_work

LATER = DAY + timedelta(days=2)
Role = Account.Role


@keep
def kept_work():
    """118.00 with tax, of which Asha paid 100.00 in cash; Ben is somebody else, who owes 60.00."""
    with ada_at_work() as ada:
        work = open_work(ada)
        work.bill = work.charge("100.00", on=DAY, visit=0, tax=("GST", 18))
        work.paid = work.pay("100.00", work.bill, on=DAY)
        work.ben = PatientFactory(by=ada, given_name="Ben")
    return work


@pytest.fixture
def work(kept_work):
    return kept_work


def books():
    return {row.account.role: row.balance for row in balances.trial_balance().rows if row.balance}


def clean():
    assert [
        (result.code, result.findings)
        for result in check_books(by=None, at=at(LATER, 20)).results.all()
        if result.found
    ] == []


def shown_and_done(correct, moment):
    """Rehearse it, see that nothing stayed, do it, and see that exactly what was shown was posted."""
    before = (JournalLine.objects.count(), Payment.objects.count(), Refund.objects.count(), Invoice.objects.count())
    shown = rehearsing.rehearse(correct, at=moment)
    after = (JournalLine.objects.count(), Payment.objects.count(), Refund.objects.count(), Invoice.objects.count())
    assert after == before and not Correction.objects.exists()
    done = rehearsing.confirm(correct, seal=shown.seal, at=moment)
    posted = JournalLine.objects.filter(entry__recorded_at=moment).order_by("entry__number", "id")
    assert [(line.account.name, line.debit, line.credit, line.subject) for line in posted] == [
        (line.account, line.debit, line.credit, line.subject) for entry in shown.entries for line in entry.lines
    ]
    return shown, done


def test_a_payment_by_the_wrong_method(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        old = JournalEntry.objects.count()
        moment = at(LATER)

        def correct():
            return corrections.correct_payment(
                work.paid, kind="method", method="card", reason="It was a card", by=cast.ada, at=moment
            )

        shown, done = shown_and_done(correct, moment)
        assert [entry.words for entry in shown.entries] == [
            f"Refund (new) of payment {work.paid.number}", "Payment (new) received",
        ]  # fmt: skip
        new = done.new_payment
        assert (new.method, new.amount, new.applied, new.patient_id) == ("card", 100, 100, work.asha.pk)
        work.paid.refresh_from_db()
        work.bill.refresh_from_db()
        assert (work.paid.status, work.bill.status, work.bill.due) == ("refunded", "partially_paid", 18)
        assert books()[Role.CARD] == 100 and Role.CASH not in books()
        assert JournalEntry.objects.count() == old + 2
        clean()


@pytest.mark.parametrize(("right", "due", "left"), [("10.00", 108, 0), ("118.00", 0, 0), ("150.00", 0, 32)])
def test_a_payment_of_the_wrong_amount(riverside, cast, work, right, due, left):
    with riverside.inside(by=cast.ada):
        moment = at(LATER)

        def correct():
            return corrections.correct_payment(
                work.paid, kind="amount", amount=right, reason="A slip", by=cast.ada, at=moment
            )

        _shown, done = shown_and_done(correct, moment)
        work.bill.refresh_from_db()
        assert (done.new_payment.amount, work.bill.due) == (Decimal(right), due)
        assert credit.credit_of(work.asha) == left
        clean()


def test_a_payment_of_the_wrong_patient(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        moment = at(LATER)

        def correct():
            return corrections.correct_payment(
                work.paid, kind="patient", patient=work.ben, reason="It was Ben's", by=cast.ada, at=moment
            )

        _shown, done = shown_and_done(correct, moment)
        work.bill.refresh_from_db()
        assert (work.bill.due, credit.credit_of(work.ben), done.new_payment.patient) == (118, 100, work.ben)
        clean()


def test_an_invoice_with_the_wrong_price(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        moment, line = at(LATER), work.bill.lines.get()

        def correct():
            return corrections.correct_invoice(
                work.bill, kind="amount", lines={line.pk: {"unit_price": "50.00"}}, reason="A slip", by=cast.ada,
                at=moment,
            )  # fmt: skip

        _shown, done = shown_and_done(correct, moment)
        work.bill.refresh_from_db()
        new = done.new_invoice
        assert (work.bill.status, new.total, new.status, new.appointment_id) == ("void", 59, "paid", work.visits[0].pk)
        assert [(tax.name, tax.rate) for tax in new.lines.get().taxes.all()] == [("GST", 18)]
        assert credit.credit_of(work.asha) == 41
        clean()


def test_an_invoice_of_the_wrong_visit(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        moment = at(LATER)

        def correct():
            return corrections.correct_invoice(
                work.bill, kind="visit", appointment=work.visits[1], reason="The other one", by=cast.ada, at=moment
            )

        _shown, done = shown_and_done(correct, moment)
        new = done.new_invoice
        assert (new.appointment, new.total, new.due) == (work.visits[1], 118, 18)
        clean()


@pytest.mark.parametrize(
    ("paid", "asha", "ben", "due"), [("along", 0, 0, 18), ("credit", 100, 0, 118), ("refund", 0, 0, 118)]
)
def test_an_invoice_of_the_wrong_patient(riverside, cast, work, paid, asha, ben, due):
    with riverside.inside(by=cast.ada):
        moment = at(LATER)

        def correct():
            return corrections.correct_invoice(
                work.bill, kind="patient", patient=work.ben, paid=paid, reason="It was Ben", by=cast.ada, at=moment
            )

        _shown, done = shown_and_done(correct, moment)
        assert (done.new_invoice.patient, done.new_invoice.total, done.new_invoice.due) == (work.ben, 118, due)
        assert (credit.credit_of(work.asha), credit.credit_of(work.ben)) == (asha, ben)
        clean()


def test_what_was_known_before_stays_as_it_was(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        then = balances.trial_balance(effective_on=DAY)
        moment = at(LATER)
        corrections.correct_payment(work.paid, kind="method", method="upi", reason="x", by=cast.ada, at=moment)
        assert balances.trial_balance(effective_on=DAY) == then
        assert balances.trial_balance(known_at=at(DAY, 20)).debit_total == then.debit_total


REFUSED = {
    "same method": ("payment", {"kind": "method", "method": "cash"}, corrections.NothingDiffers),
    "no method": ("payment", {"kind": "method", "method": "gold"}, payments.MethodUnknown),
    "same amount": ("payment", {"kind": "amount", "amount": "100"}, corrections.NothingDiffers),
    "same patient": ("payment", {"kind": "patient", "patient": "asha"}, corrections.NothingDiffers),
    "no patient": ("payment", {"kind": "patient"}, corrections.NothingDiffers),
    "no kind": ("payment", {"kind": "colour"}, corrections.NothingDiffers),
    "no reason": ("payment", {"kind": "method", "method": "card", "reason": " "}, corrections.CorrectionNeedsReason),
    "same patient of the bill": ("bill", {"kind": "patient", "patient": "asha"}, corrections.NothingDiffers),
    "where does it go": ("bill", {"kind": "patient", "patient": "ben"}, corrections.PaidGoesWhere),
    "same visit": ("bill", {"kind": "visit", "appointment": 0}, corrections.NothingDiffers),
    "no line": ("bill", {"kind": "amount", "lines": {uuid4(): {}}}, corrections.NoSuchLine),
    "bill without reason": ("bill", {"kind": "visit", "reason": ""}, corrections.CorrectionNeedsReason),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused_and_changes_nothing(riverside, cast, work, name):
    paper, wish, refusal = REFUSED[name]
    right = {"reason": "x", **wish}
    if "patient" in right:
        right["patient"] = getattr(work, right["patient"])
    if "appointment" in right:
        right["appointment"] = work.visits[right["appointment"]]
    with riverside.inside(by=cast.ada):
        before = JournalEntry.objects.count()
        rule = corrections.correct_payment if paper == "payment" else corrections.correct_invoice
        with pytest.raises(refusal):
            rule(work.paid if paper == "payment" else work.bill, by=cast.ada, at=at(LATER), **right)
        assert JournalEntry.objects.count() == before and not Correction.objects.exists()


def test_what_was_given_back_is_not_corrected(riverside, cast, work):
    with riverside.inside(by=cast.ada):
        refunds.refund(work.paid, amount="40", reason="x", by=cast.ada, at=at(DAY, 14))
        with pytest.raises(corrections.PartlyGivenBack):
            corrections.correct_payment(work.paid, kind="amount", amount="5", reason="x", by=cast.ada, at=at(LATER))
        done = corrections.correct_payment(
            work.paid, kind="method", method="upi", reason="x", by=cast.ada, at=at(LATER)
        )
        assert done.new_payment.amount == 60
        with pytest.raises(corrections.NothingToCorrect):
            corrections.correct_payment(work.paid, kind="method", method="upi", reason="x", by=cast.ada, at=at(LATER))
        clean()


# --- as people do it --------------------------------------------------------------------------------------------------


@pytest.fixture
def bela(web, riverside, cast, work):
    return web(riverside, cast.bela)


def seal_of(page):
    return re.search(r'name="seal" value="([0-9a-f]{64})"', page).group(1)


def test_the_desk_sees_what_will_be_posted_and_confirms_it(bela, riverside, cast, work):
    address = f"/billing/payments/{work.paid.pk}/correction/method/"
    assert f'href="{address}"' in bela.get(f"/billing/payments/{work.paid.pk}/").content.decode()
    assert "What will be posted" not in bela.get(address).content.decode()
    wrong = bela.post(address, {"method": "card", "reason": ""})
    assert wrong.status_code == 400 and "reason" in wrong.context["form"].errors
    typed = {"method": "card", "reason": "It was a card"}
    page = bela.post(address, typed).content.decode()
    assert "Post exactly this" in page and page.count("₹100.00") >= 4
    with riverside.inside(by=cast.ada):
        assert not Correction.objects.exists()
    done = bela.post(address, {**typed, "seal": seal_of(page), "confirm": "1"})
    assert done.status_code == 302
    new, old = bela.get(done["Location"]).content.decode(), bela.get(f"/billing/payments/{work.paid.pk}/")
    assert work.paid.number in new and "it took the place of" in new
    assert "took its place." in old.content.decode() and done["Location"] in old.content.decode()
    again = bela.post(address, {**typed, "seal": seal_of(page), "confirm": "1"})
    assert again.status_code == 409


def test_nothing_is_posted_that_was_not_shown(bela, riverside, cast, work):
    address = f"/billing/payments/{work.paid.pk}/correction/amount/"
    page = bela.post(address, {"amount": "110.00", "reason": "A slip"}).content.decode()
    other = bela.post(address, {"amount": "111.00", "reason": "A slip", "seal": seal_of(page), "confirm": "1"})
    assert other.status_code == 409 and "Something changed since this was shown" in other.content.decode()
    with riverside.inside(by=cast.ada):
        assert not Correction.objects.exists() and not Refund.objects.exists()


@pytest.mark.parametrize("kind", ["amount", "visit", "patient"])
def test_an_invoice_is_corrected_at_the_desk(bela, riverside, cast, work, kind):
    address = f"/billing/invoices/{work.bill.pk}/correction/{kind}/"
    assert f'href="{address}"' in bela.get(f"/billing/invoices/{work.bill.pk}/").content.decode()
    assert bela.get(address).status_code == 200
    typed = {
        "amount": {"price_1": "80.00", "quantity_1": "1"},
        "visit": {"appointment": str(work.visits[1].pk)},
        "patient": {"patient": work.ben.number.lower(), "paid": "along"},
    }[kind] | {"reason": "A slip"}
    page = bela.post(address, typed).content.decode()
    done = bela.post(address, {**typed, "seal": seal_of(page), "confirm": "1"})
    assert done.status_code == 302
    assert "it took the place of" in bela.get(done["Location"]).content.decode()
    assert "took its place." in bela.get(f"/billing/invoices/{work.bill.pk}/").content.decode()
    with riverside.inside(by=cast.ada):
        clean()


def test_a_patient_who_is_not_there_is_refused_beside_the_field(bela, work):
    answer = bela.post(f"/billing/payments/{work.paid.pk}/correction/patient/", {"patient": "PAT-1", "reason": "x"})
    assert answer.status_code == 400 and "patient" in answer.context["form"].errors


def test_the_right_patient_is_searched_for_and_chosen(bela, riverside, cast, work):
    found = bela.post("/billing/corrections/patients/", {"who": "ben"}).content.decode()
    assert work.ben.number in found and work.asha.number not in found
    assert "Nobody of that name" in bela.post("/billing/corrections/patients/", {"who": "zzz"}).content.decode()
    address = f"/billing/payments/{work.paid.pk}/correction/patient/"
    typed = {"who": "ben", "reason": "It was Ben"}
    for sent, status in (({**typed, "find": "1"}, 200), (typed, 400)):  # without a script; and nobody chosen
        answer = bela.post(address, sent)
        page = answer.content.decode()
        assert (answer.status_code, "patient" in answer.context["form"].errors) == (status, status == 400)
        assert f'value="{work.ben.pk}" checked' in page and 'value="ben"' in page and 'value="It was Ben"' in page
    chosen = {**typed, "patient": str(work.ben.pk)}
    page = bela.post(address, chosen).content.decode()
    assert f'value="{work.ben.pk}" checked' in page
    done = bela.post(address, {**chosen, "seal": seal_of(page), "confirm": "1"})
    assert done.status_code == 302
    with riverside.inside(by=cast.ada):
        assert Correction.objects.get().new_payment.patient == work.ben
        clean()


def test_what_cannot_be_wrong_is_not_found(bela, work):
    assert bela.get(f"/billing/payments/{work.paid.pk}/correction/visit/").status_code == 404
    assert bela.get(f"/billing/invoices/{work.bill.pk}/correction/method/").status_code == 404


def test_through_the_api_a_correction_happens_once(api, riverside, cast, work):
    bela = api(riverside, cast.bela)
    address = f"/api/v1/payments/{work.paid.pk}/corrections/"
    wish = {"kind": "method", "method": "upi", "reason": "It was UPI"}
    shown = bela.post(f"{address}rehearsal/", wish)
    assert shown.status_code == 200 and len(shown.json()["entries"]) == 2
    once = {"Idempotency-Key": "c-1"}
    wrong = bela.post(address, {**wish, "seal": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "changed_meanwhile")
    first = bela.post(address, {**wish, "seal": shown.json()["seal"]}, headers=once)
    second = bela.post(address, {**wish, "seal": shown.json()["seal"]}, headers=once)
    assert (first.status_code, second.status_code) == (201, 201) and first.json() == second.json()
    line = str(uuid4())
    bill = {"kind": "amount", "reason": "x", "lines": [{"line": line, "unit_price": "5"}]}
    assert bela.post(f"/api/v1/invoices/{work.bill.pk}/corrections/", bill).json()["code"] == "no_such_line"
    with riverside.inside(by=cast.ada):
        assert Correction.objects.count() == 1
        bill["lines"][0]["line"] = str(work.bill.lines.get().pk)
    made = bela.post(f"/api/v1/invoices/{work.bill.pk}/corrections/", bill).json()
    assert (made["invoice"], made["kind"]) == (str(work.bill.pk), "amount") and made["new_invoice"]


def test_more_entries_cost_no_more_questions(bela, riverside, cast, work):
    address = f"/billing/payments/{work.paid.pk}/correction/method/"

    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert bela.post(address, {"method": "card", "reason": "x"}).status_code == 200
        return len(asked)

    questions()
    few = questions()
    with riverside.inside(by=cast.ada):
        for number in range(3):
            work.charge("5.00", on=DAY, visit=number % 2)
    assert questions() == few


def test_lakeside_cannot_correct_it(web, api, lakeside, cast, work):
    lena = web(lakeside, cast.lena)
    assert lena.get(f"/billing/payments/{work.paid.pk}/correction/method/").status_code == 404
    assert lena.get(f"/billing/invoices/{work.bill.pk}/correction/visit/").status_code == 404
    wish = {"kind": "method", "method": "upi", "reason": "x"}
    assert api(lakeside, cast.lena).post(f"/api/v1/payments/{work.paid.pk}/corrections/", wish).status_code == 404
