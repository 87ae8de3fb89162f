"""Fees for cancelling late and for not coming: worked out, drafted, waived, taken back; money in three currencies."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.accounts.models import User
from apps.billing import invoicing, missed
from apps.billing.models import Invoice
from apps.clinic import profile
from apps.clinic.models import ClinicProfile, Provider
from apps.core.refusals import Conflict
from apps.scheduling import attendance, booking, catalogue, own_fees, undo
from apps.scheduling import missed as rules
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.missed import Answer, MayNotWaive, NothingToWaive
from apps.scheduling.models import Appointment, FeeWaiver, MissedFee
from tests.billing.cast import AT, Cast, D, in_session, make_cast, person

RULE = {
    "cancel_fee_kind": "percent",
    "cancel_fee_value": "50",
    "cancel_free_hours": 24,
    "no_show_fee_kind": "fixed",
    "no_show_fee_value": "300",
}


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Asha is expected tomorrow at noon, for 801.00 and 5 %."""
    return expected(cast)


def expected(cast: Cast, *, rate: str = "801.00", facility: str = "0", **rule: Any) -> Appointment:
    ada = person("ada@missed.example", "Ada Admin", "clinic_admin")
    provider = Provider.objects.create(name="Dr Anita Rao")
    sessions = [Session(weekday, time(8), time(20), 1) for weekday in range(7)]
    hours.set_weekly_hours(provider, sessions=sessions, effective_from=date(2026, 1, 1), by=ada, at=AT)
    kind = catalogue.add_type(
        name="Check-up",
        duration_minutes=30,
        rate=rate,
        tax_name="GST",
        tax_rate="5",
        facility_rate=facility,
        by=ada,
        at=AT,
        **{**RULE, **rule},
    )
    return booking.book(
        patient=cast.asha,
        provider=provider,
        appointment_type=kind,
        starts_at=AT + timedelta(days=1),
        by=ada,
        at=AT - timedelta(days=2),
    )


def cancel(visit: Appointment, cast: Cast, *, hours_before: int = 3, **answer: Any) -> Appointment:
    at = visit.starts_at - timedelta(hours=hours_before)
    return booking.cancel(visit, by=desk(), at=at, reason="Ill", answer=Answer(**answer))


def desk() -> Any:
    return User.objects.filter(email="dora@missed.example").first() or person(
        "dora@missed.example", "Dora", "front_desk"
    )


def ada() -> Any:
    return User.objects.get(email="ada@missed.example")


def test_cancelled_in_time_it_costs_nothing(visit: Appointment, cast: Cast) -> None:
    assert not rules.charges_for_cancelling(visit, at=visit.starts_at - timedelta(hours=24, seconds=1))
    cancel(visit, cast, hours_before=25)
    assert not Invoice.objects.exists() and not MissedFee.objects.exists()


def test_cancelled_late_half_the_fee_is_drafted(visit: Appointment, cast: Cast) -> None:
    cancel(visit, cast)
    invoice = Invoice.objects.get()
    line = invoice.lines.get()
    assert (invoice.status, invoice.source, invoice.appointment_id) == ("draft", "cancellation", visit.pk)
    assert (line.description, line.net, line.tax) == ("Late cancellation: Check-up (50 %)", D("400.50"), D("20.03"))
    assert MissedFee.objects.get().amount == D("400.50")


def test_the_fee_is_that_of_the_provider_and_of_the_facility(cast: Cast) -> None:
    visit = expected(cast, facility="101.01")
    own_fees.set_fee(visit.provider, visit.appointment_type, rate="1000", by=ada(), at=AT)
    cancel(visit, cast)
    assert [line.net for line in Invoice.objects.get().lines.order_by("position")] == [D("500.00"), D("50.51")]


def test_not_coming_costs_its_own_fee(visit: Appointment) -> None:
    attendance.no_show(visit, by=desk(), at=visit.starts_at + timedelta(minutes=20))
    invoice = Invoice.objects.get()
    assert (invoice.source, invoice.net) == ("no_show", D("300.00"))


def test_a_mere_request_costs_nothing(visit: Appointment, cast: Cast) -> None:
    wish = booking.book(
        patient=cast.ben,
        provider=visit.provider,
        appointment_type=visit.appointment_type,
        starts_at=visit.starts_at + timedelta(hours=1),
        requested=True,
        by=desk(),
        at=AT,
    )
    cancel(wish, cast)
    assert not Invoice.objects.exists()


def test_what_the_clinic_calls_off_costs_nothing_and_is_known(visit: Appointment, cast: Cast) -> None:
    cancel(visit, cast, by_clinic=True)
    assert not Invoice.objects.exists()
    assert MissedFee.objects.get().by_clinic


def test_only_a_clinic_admin_waives(visit: Appointment, cast: Cast) -> None:
    with pytest.raises(MayNotWaive):
        cancel(visit, cast, waiver="A friend")
    visit.refresh_from_db()
    assert visit.status == "scheduled"
    booking.cancel(visit, by=ada(), at=visit.starts_at, reason="Ill", answer=Answer(waiver="First time"))
    assert not Invoice.objects.exists()
    assert FeeWaiver.objects.get().reason == "First time"


def test_waived_afterwards_the_draft_is_withdrawn(visit: Appointment, cast: Cast) -> None:
    cancel(visit, cast)
    with pytest.raises(MayNotWaive):
        rules.waive(visit, by=desk(), at=AT, reason="A friend")
    rules.waive(visit, by=ada(), at=AT, reason="In hospital")
    assert Invoice.objects.get().is_void
    with pytest.raises(NothingToWaive):
        rules.waive(visit, by=ada(), at=AT, reason="Again")


def test_an_invoiced_fee_is_not_waived_behind_billings_back(visit: Appointment, cast: Cast) -> None:
    cancel(visit, cast)
    issued = invoicing.issue(Invoice.objects.get(), by=cast.bela, at=visit.starts_at)
    with pytest.raises(missed.FeeInvoicedAlready, match=issued.number):
        rules.waive(visit, by=ada(), at=AT, reason="In hospital")
    assert not FeeWaiver.objects.exists()


def test_a_cancellation_taken_back_takes_its_draft_with_it(visit: Appointment, cast: Cast) -> None:
    cancel(visit, cast)
    at = visit.starts_at - timedelta(hours=3)
    undo.take_back(visit, by=desk(), at=at)
    assert Invoice.objects.get().is_void
    assert rules.standing_fee(visit) is None
    cancel(visit, cast)
    assert [invoice.is_void for invoice in Invoice.objects.order_by("created_at", "id")] == [True, False]


def test_once_invoiced_a_no_show_is_not_taken_back(visit: Appointment, cast: Cast) -> None:
    at = visit.starts_at + timedelta(minutes=5)
    attendance.no_show(visit, by=desk(), at=at)
    invoicing.issue(Invoice.objects.get(), by=cast.bela, at=at)
    with pytest.raises(Conflict):
        undo.take_back(visit, by=desk(), at=at)
    visit.refresh_from_db()
    assert visit.status == "no_show"


def test_one_invoice_for_a_missed_visit_whoever_writes(visit: Appointment, cast: Cast) -> None:
    cancel(visit, cast)
    with pytest.raises(DatabaseError, match="one_invoice_per_missed_visit"), transaction.atomic():
        Invoice.objects.create(
            patient=cast.asha,
            appointment=visit,
            source="no_show",
            currency="INR",
            decimals=2,
            created_at=AT,
            created_by=cast.bela,
        )
    with pytest.raises(DatabaseError, match="invoice_of_a_missed_visit_names_it"), transaction.atomic():
        Invoice.objects.create(
            patient=cast.asha, source="no_show", currency="INR", decimals=2, created_at=AT, created_by=cast.bela
        )


def test_what_a_fee_was_and_its_waiver_stay_for_ever(visit: Appointment, cast: Cast) -> None:
    cancel(visit, cast)
    rules.waive(visit, by=ada(), at=AT, reason="In hospital")
    for rows in (MissedFee.objects.all(), FeeWaiver.objects.all()):
        for change in (rows.delete, lambda rows=rows: rows.update(tenant_id=None)):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


@pytest.mark.parametrize(
    ("currency", "rate", "percent", "net", "tax"),
    [
        ("INR", "333.33", "50", "166.67", "8.33"),
        ("JPY", "3333", "50", "1667", "83"),
        ("KWD", "3.333", "50", "1.667", "0.083"),
        ("KWD", "0.005", "33.333", "0.002", "0.000"),
        ("JPY", "1", "49", None, None),
    ],
)
def test_rounded_half_up_in_the_clinics_currency(
    cast: Cast, currency: str, rate: str, percent: str, net: str | None, tax: str | None
) -> None:
    ClinicProfile.objects.update(currency=currency)
    profile._forget()
    visit = expected(cast, rate=rate, cancel_fee_value=percent, no_show_fee_kind="none")
    [charge] = rules.charges_for_cancelling(visit, at=visit.starts_at) or [None]
    cancel(visit, cast)
    if net is None:
        assert charge is None and not Invoice.objects.exists()
        return
    assert charge is not None
    line = Invoice.objects.get().lines.get()
    assert (line.net, line.tax) == (Decimal(net), Decimal(str(tax)))
    assert charge.total == line.total


def test_a_free_return_stands_on_its_draft_at_its_price_with_a_discount(cast: Cast) -> None:
    """A provider completes it, who could give no discount by hand."""
    visit = in_session(cast)
    boss = visit.provider.user
    assert boss is not None
    catalogue.amend_type(visit.appointment_type, follow_up_days=7, facility_rate="100", by=boss, at=AT)
    attendance.complete(visit, by=boss, at=AT)
    [first] = Invoice.objects.all()
    assert [line.net for line in first.lines.order_by("position")] == [D("800"), D("100")]
    shah = person("shah@missed.example", "Shah", "provider")
    Provider.objects.filter(pk=visit.provider_id).update(user=shah)
    later = AT + timedelta(days=2)
    again = booking.book(
        patient=cast.asha,
        provider=visit.provider,
        appointment_type=visit.appointment_type,
        starts_at=later,
        by=boss,
        at=AT,
    )
    attendance.arrive(again, by=boss, at=later)
    attendance.start(again, by=shah, at=later)
    attendance.complete(again, by=shah, at=later)
    draft = Invoice.objects.get(appointment=again)
    assert draft.total == 0
    assert [(line.unit_price, line.discount_percent) for line in draft.lines.order_by("position")] == [
        (D("800"), D("100")),
        (D("100"), D("100")),
    ]
    assert visit.number in draft.lines.order_by("position")[0].description
    assert invoicing.issue(draft, by=cast.bela, at=later).status == "paid"


def test_the_cancel_page_says_beforehand_what_it_costs(riverside: Any, lakeside: Any, web: Any) -> None:
    with riverside.inside(actor="test"):
        people = make_cast()
        visit = expected(people, cancel_free_hours=8784)
        now = datetime.now(tz=AT.tzinfo)
        coming = now + timedelta(hours=3)
        visit = booking.book(
            patient=people.ben,
            provider=visit.provider,
            appointment_type=visit.appointment_type,
            starts_at=coming.replace(second=0, microsecond=0),
            override_reason="Test",
            by=ada(),
            at=now,
        )
        dora, boss = desk(), ada()
    page = web(riverside, dora).get(f"/appointments/{visit.pk}/cancellation/").content.decode()
    assert "₹420.53" in page and "Who calls it off?" in page and "Let the patient off" not in page
    unseen = web(riverside, dora).post(f"/appointments/{visit.pk}/cancellation/", {"reason": "Ill"})
    assert unseen.status_code == 400
    sent = {"reason": "Ill", "called_off_by": "patient", "shown_fee": "₹420.53"}
    assert web(riverside, dora).post(f"/appointments/{visit.pk}/cancellation/", sent).status_code == 302
    assert "Waive" in web(riverside, boss).get(f"/appointments/{visit.pk}/").content.decode()
    assert web(riverside, boss).post(f"/appointments/{visit.pk}/waiver/", {"reason": "Ill"}).status_code == 302
    assert web(riverside, boss).post(f"/appointments/{visit.pk}/waiver/", {"reason": "Ill"}).status_code == 409
