"""Checking in with a copay: payment, arrival and token together, or none of them; once, however often it is sent."""

from datetime import time, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from apps.billing import invoicing
from apps.billing.models import CheckIn, Invoice, Payment
from apps.billing.paying import credit
from apps.billing.paying.check_in import check_in, due_today, set_copay, unpaid_in_words
from apps.clinic.models import Provider
from apps.core.refusals import Conflict, Refusal
from apps.patients.confirming import last_confirmation
from apps.scheduling import attendance, booking, undo
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import Appointment, AppointmentType, QueueTicket
from tests.billing.cast import AT, Cast, D, balances, person


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Asha is expected at noon, for a check-up of 800.00 and 5 %."""
    rao = person("rao@cast.example", "Anita Rao", "clinic_admin")
    provider = Provider.objects.create(name="Dr Anita Rao", user=rao)
    sessions = [Session(weekday, time(8), time(20)) for weekday in range(7)]
    hours.set_weekly_hours(provider, sessions=sessions, effective_from=AT.date() - timedelta(days=90), by=rao, at=AT)
    kind = AppointmentType.objects.create(
        name="Check-up", duration_minutes=30, rate="800.00", tax_name="GST", tax_rate=5
    )
    return fresh(booking.book(patient=cast.asha, provider=provider, appointment_type=kind, starts_at=AT, by=rao, at=AT))


def fresh(visit: Appointment) -> Appointment:
    return Appointment.objects.with_people().get(pk=visit.pk)


def test_the_fee_with_tax_is_due_unless_the_type_has_a_copay(cast: Cast, visit: Appointment) -> None:
    assert (due_today(visit).due, due_today(visit).is_fee) == (D("840"), True)
    set_copay(visit.appointment_type, "200", by=cast.bela, at=AT)
    assert (due_today(visit).due, due_today(visit).is_fee) == (D("200"), False)
    set_copay(visit.appointment_type, "", by=cast.bela, at=AT)
    assert due_today(visit).due == D("840")
    with pytest.raises(Refusal):
        set_copay(visit.appointment_type, "-1", by=cast.bela, at=AT)


def test_what_is_taken_is_a_deposit_and_the_patient_has_a_token(cast: Cast, visit: Appointment) -> None:
    made = check_in(visit, amount="840", method="upi", reference="778", details_confirmed=True, by=cast.carl, at=AT)
    assert (made.due, made.payment.amount, made.payment.method) == (D("840"), D("840"), "upi")
    assert fresh(visit).status == "arrived"
    assert ticket_of(visit).token == "A-001"
    assert balances() == {"upi": D("840"), "patient_credit": D("840")}
    assert last_confirmation(cast.asha).by == cast.carl


def test_nothing_happens_halfway(cast: Cast, visit: Appointment) -> None:
    for wrong in ({"amount": "nonsense"}, {"amount": "0"}, {"method": "shells"}, {"amount": "-5"}):
        with pytest.raises(Refusal):
            check_in(visit, **{"amount": "840", "method": "cash", **wrong}, by=cast.carl, at=AT)
    attendance.no_show(visit, by=cast.carl, at=AT + timedelta(hours=1))
    with pytest.raises(Conflict):
        check_in(visit, amount="840", method="cash", by=cast.carl, at=AT + timedelta(hours=1))
    assert not Payment.objects.exists()
    assert not QueueTicket.objects.exists()
    assert not CheckIn.objects.exists()


def test_sent_twice_it_takes_the_money_once(cast: Cast, visit: Appointment) -> None:
    sent = {"amount": "840", "method": "cash", "source_reference": "check-in:1", "by": cast.carl, "at": AT}
    first = check_in(visit, **sent)
    assert check_in(visit, **sent) == first
    with pytest.raises(Conflict, match="arrived already"):
        check_in(visit, **{**sent, "source_reference": "check-in:2"})
    assert Payment.objects.count() == CheckIn.objects.count() == 1


def test_without_a_payment_it_asks_why(cast: Cast, visit: Appointment) -> None:
    for wrong, words in (
        ({}, "is due: take it"),
        ({"unpaid_because": "lazy"}, "Choose why"),
        ({"unpaid_because": "other"}, "in a few words"),
        ({"unpaid_because": "other", "words": "x" * 301}, "at most 300"),
        ({"unpaid_because": "forgot", "amount": "840", "method": "cash"}, "Either"),
    ):
        with pytest.raises(Refusal, match=words):
            check_in(visit, **wrong, by=cast.carl, at=AT)
    assert fresh(visit).status == "scheduled"
    made = check_in(visit, unpaid_because="forgot", words="Left the purse at home", by=cast.carl, at=AT)
    assert (made.payment, made.due, made.words) == (None, D("840"), "Left the purse at home")
    assert unpaid_in_words([visit.pk], cast.bela) == {visit.pk: "₹840.00 not taken: Has no means of payment with them"}
    nia = person("nia@cast.example", "Nia Nurse", "nurse")
    assert unpaid_in_words([visit.pk], nia) == {}


def test_a_credit_covers_the_copay_and_is_not_asked_for_again(cast: Cast, visit: Appointment) -> None:
    cast.pay("1000", credit_consent=True)
    assert due_today(visit).due == 0
    made = check_in(visit, by=cast.carl, at=AT)
    assert (made.due, made.payment, made.unpaid_because) == (0, None, "")


def test_the_copay_of_one_visit_does_not_cover_the_next(cast: Cast, visit: Appointment) -> None:
    """Two visits of one day: what was taken for the first is its own until its invoice is issued."""
    rao = visit.provider.user
    again = fresh(
        booking.book(
            patient=cast.asha,
            provider=visit.provider,
            appointment_type=visit.appointment_type,
            starts_at=AT + timedelta(hours=2),
            by=rao,
            at=AT,
        )
    )
    check_in(visit, amount="1000", method="cash", by=cast.carl, at=AT)
    assert (due_today(again).credit, due_today(again).due) == (0, D("840"))
    cast.pay("40", credit_consent=True)
    assert (due_today(again).credit, due_today(again).due) == (D("40"), D("800"))
    attendance.start(visit, by=rao, at=AT)
    attendance.complete(visit, by=rao, at=AT)
    assert due_today(again).due == D("800")
    invoicing.issue(Invoice.objects.get(appointment=visit), use_credit=True, by=cast.bela, at=AT)
    assert (due_today(again).credit, due_today(again).due) == (D("200"), D("640"))


def test_an_arrival_taken_back_and_made_again_asks_for_no_money_twice(cast: Cast, visit: Appointment) -> None:
    check_in(visit, amount="840", method="cash", by=cast.carl, at=AT)
    undo.take_back(visit, by=cast.carl, at=AT)
    assert due_today(visit).due == 0
    check_in(visit, by=cast.carl, at=AT)
    assert (Payment.objects.count(), CheckIn.objects.count()) == (1, 2)
    assert ticket_of(visit).token == "A-001"


def test_what_is_owed_may_be_paid_first(cast: Cast, visit: Appointment) -> None:
    owed = cast.issued("300")
    check_in(visit, amount="840", method="cash", owed_first=True, by=cast.carl, at=AT)
    assert Invoice.objects.get(pk=owed.pk).due == 0
    assert credit.credit_of(cast.asha) == D("540")


def test_the_credit_pays_the_visits_invoice_when_it_is_issued(cast: Cast, visit: Appointment) -> None:
    check_in(visit, amount="840", method="cash", by=cast.carl, at=AT)
    rao = visit.provider.user
    attendance.start(visit, by=rao, at=AT)
    attendance.complete(visit, by=rao, at=AT)
    draft = Invoice.objects.get(appointment=visit)
    issued = invoicing.issue(draft, use_credit=True, by=cast.bela, at=AT)
    assert (issued.status, issued.due, credit.credit_of(cast.asha)) == ("paid", 0, 0)
    assert balances() == {"cash": D("840"), "revenue": D("800"), "tax_payable": D("40")}


def test_issuing_with_a_credit_that_is_not_there_just_issues(cast: Cast) -> None:
    issued = invoicing.issue(cast.draft({"unit_price": "100"}), use_credit=True, by=cast.bela, at=AT)
    assert (issued.status, issued.due) == ("issued", D("100"))


def test_the_database_wants_a_payment_or_a_reason(cast: Cast, visit: Appointment) -> None:
    row = {"appointment": visit, "due": 5, "at": AT, "by": cast.carl}
    for wrong in ({}, {"unpaid_because": "nonsense"}, {"due": -1, "unpaid_because": "forgot"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CheckIn.objects.create(**{**row, **wrong})
    CheckIn.objects.create(**row, unpaid_because="forgot")
    for attack in (lambda: CheckIn.objects.update(due=0), lambda: CheckIn.objects.all().delete()):
        with pytest.raises(ProgrammingError), transaction.atomic():
            attack()
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE billing_checkin")
