"""Types whose visits are charged at check-in: one draft a visit, which follows it until it is over."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.billing import invoicing
from apps.billing.models import Invoice
from apps.billing.paying.check_in import check_in
from apps.clinic.models import Provider
from apps.scheduling import attendance, booking, catalogue, own_fees, undo
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import Appointment, AppointmentType
from tests.billing.cast import AT, Cast, D, balances, expected, found_wrong, in_session
from tests.cast import RIVERSIDE, people_of

NEW_TYPE = "/set-up/types/new/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def booked(cast: Cast) -> tuple[Appointment, User]:
    return expected(cast, charged_when="check_in")


@pytest.fixture
def visit(booked: tuple[Appointment, User]) -> Appointment:
    """Asha is here."""
    appointment, rao = booked
    return attendance.arrive(appointment, by=rao, at=AT)


@pytest.fixture
def rao(booked: tuple[Appointment, User]) -> User:
    return booked[1]


def over(visit: Appointment, rao: User) -> Appointment:
    attendance.start(visit, by=rao, at=AT + MINUTE)
    return attendance.complete(visit, by=rao, at=AT + 10 * MINUTE)


def standing() -> Invoice:
    return Invoice.objects.get(voided_at=None)


def lines() -> list[tuple[str, Any]]:
    return [(line.description, line.unit_price) for line in standing().lines.order_by("position")]


def test_the_draft_is_there_when_the_patient_is(visit: Appointment) -> None:
    draft = standing()
    assert (draft.status, draft.source, draft.appointment_id) == ("draft", "arrival", visit.pk)
    assert (draft.total, lines()) == (D("840.00"), [("Check-up", D("800"))])
    assert found_wrong() == {}


def test_completion_makes_no_second_one(visit: Appointment, rao: User, cast: Cast) -> None:
    over(visit, rao)
    assert (standing().source, Invoice.objects.count()) == ("arrival", 1)
    assert invoicing.draft_for_visit(visit, by=cast.bela, at=AT) == standing()
    assert found_wrong() == {}


def test_paid_before_the_visit_it_is_paid_after_it(booked: tuple[Appointment, User], cast: Cast) -> None:
    visit, rao = booked
    check_in(visit, amount="840", method="cash", by=cast.carl, at=AT)
    paid = invoicing.issue(standing(), use_credit=True, by=cast.bela, at=AT)
    over(visit, rao)
    paid.refresh_from_db()
    assert (paid.status, paid.due, Invoice.objects.count()) == ("paid", 0, 1)
    assert balances() == {"cash": D("840"), "revenue": D("800"), "tax_payable": D("40")}
    assert found_wrong() == {}


def test_of_other_types_it_comes_with_completion(cast: Cast) -> None:
    visit = in_session(cast)
    assert not Invoice.objects.exists()
    attendance.complete(visit, by=visit.provider.user, at=AT)
    assert standing().source == "visit"


def test_a_type_that_changes_its_mind_meanwhile_makes_one_draft(visit: Appointment, rao: User, cast: Cast) -> None:
    catalogue.amend_type(visit.appointment_type, charged_when="completion", by=rao, at=AT)
    over(Appointment.objects.with_people().get(pk=visit.pk), rao)
    assert (standing().source, found_wrong()) == ("arrival", {})


def test_what_nobody_touched_says_what_the_visit_costs_in_the_end(visit: Appointment, rao: User, cast: Cast) -> None:
    change = {"rate": "900.00", "name": "Long check-up", "tax_rate": "10", "by": rao, "at": AT}
    visit.appointment_type = catalogue.amend_type(visit.appointment_type, **change)
    invoicing.add_charge(standing(), description="Dressing", unit_price="50.00", by=cast.bela, at=AT)
    over(visit, rao)
    assert lines() == [("Long check-up", D("900")), ("Dressing", D("50"))]
    assert standing().total == D("1040.00")


def test_a_return_that_is_one_only_in_the_end_costs_less(visit: Appointment, rao: User) -> None:
    kind = catalogue.amend_type(visit.appointment_type, follow_up_days=7, by=rao, at=AT)
    soon = {"patient": visit.patient, "provider": visit.provider, "appointment_type": kind, "by": rao, "at": AT}
    second = booking.book(starts_at=AT + timedelta(hours=1), **soon)
    attendance.arrive(second, by=rao, at=AT)
    assert Invoice.objects.get(appointment=second).total == D("840.00")
    over(visit, rao)
    over(second, rao)
    free = Invoice.objects.get(appointment=second)
    assert (free.total, free.lines.get().discount_given.kind) == (0, "rule")


@pytest.mark.parametrize("touch", ["price", "words", "discount", "removed"])
def test_completion_leaves_alone_what_somebody_changed(visit: Appointment, rao: User, cast: Cast, touch: str) -> None:
    draft, line, by = standing(), standing().lines.get(), {"by": cast.bela, "at": AT}
    if touch == "price":
        invoicing.change_line(line, unit_price="500.00", **by)
    elif touch == "words":
        invoicing.change_line(line, description="Check-up, short", **by)
    elif touch == "discount":
        invoicing.discount(draft, percent="10", reason="Staff", **by)
    else:
        invoicing.add_charge(draft, description="Dressing", unit_price="50.00", **by)
        invoicing.remove_line(line, **by)
    before = lines(), standing().total
    visit.appointment_type = catalogue.amend_type(visit.appointment_type, rate="900.00", by=rao, at=AT)
    over(visit, rao)
    assert (lines(), standing().total) == before


def test_what_was_issued_before_the_end_stays(visit: Appointment, rao: User, cast: Cast) -> None:
    issued = invoicing.issue(standing(), by=cast.bela, at=AT)
    visit.appointment_type = catalogue.amend_type(visit.appointment_type, rate="900.00", by=rao, at=AT)
    over(visit, rao)
    assert (standing(), standing().total) == (issued, D("840.00"))


def test_discarded_before_the_end_it_is_drafted_again(visit: Appointment, rao: User, cast: Cast) -> None:
    invoicing.void(standing(), reason="Wrong click", by=cast.bela, at=AT)
    over(visit, rao)
    assert (standing().source, Invoice.objects.count(), found_wrong()) == ("visit", 2, {})


def test_another_provider_costs_what_they_cost(visit: Appointment, rao: User, cast: Cast) -> None:
    other = Provider.objects.create(name="Dr Other")
    week = [Session(weekday, time(8), time(20), 1) for weekday in range(7)]
    hours.set_weekly_hours(other, sessions=week, effective_from=date(2026, 1, 1), by=rao, at=AT)
    who: dict[str, Any] = {"by": rao, "at": AT}
    own_fees.set_fee(other, visit.appointment_type, rate="1000.00", facility_rate="70.00", **who)
    moved = booking.reschedule(visit, provider=other, starts_at=AT, **who)
    assert lines() == [("Check-up", D("1000")), ("Facility fee", D("70"))]
    booking.reschedule(moved, provider=visit.provider, starts_at=AT, **who)
    assert (lines(), found_wrong()) == ([("Check-up", D("800"))], {})


@pytest.mark.parametrize("how", ["cancelled", "taken back", "taken back and missed"])
def test_without_the_visit_no_draft_stands(visit: Appointment, rao: User, cast: Cast, how: str) -> None:
    invoicing.add_charge(standing(), description="Dressing", unit_price="50.00", by=cast.bela, at=AT)
    if how == "cancelled":
        booking.cancel(visit, reason="Had to leave", by=rao, at=AT + MINUTE)
    else:
        undo.take_back(visit, by=rao, at=AT + MINUTE)
    if how == "taken back and missed":
        attendance.no_show(visit, by=rao, at=AT + 5 * MINUTE)
    gone = Invoice.objects.get()
    assert (gone.status, bool(gone.void.reason), found_wrong()) == ("void", True, {})


@pytest.mark.parametrize("how", ["cancelled", "taken back"])
def test_an_issued_invoice_stays_for_the_desk_to_decide(visit: Appointment, rao: User, cast: Cast, how: str) -> None:
    issued = invoicing.issue(standing(), by=cast.bela, at=AT)
    if how == "cancelled":
        booking.cancel(visit, reason="Had to leave", by=rao, at=AT + MINUTE)
    else:
        undo.take_back(visit, by=rao, at=AT + MINUTE)
        attendance.arrive(visit, by=rao, at=AT + 2 * MINUTE)
    assert (standing(), standing().status, found_wrong()) == (issued, "issued", {})


def test_a_cancellation_taken_back_drafts_it_again(visit: Appointment, rao: User) -> None:
    booking.cancel(visit, reason="Had to leave", by=rao, at=AT + MINUTE)
    undo.take_back(visit, by=rao, at=AT + 2 * MINUTE)
    assert (standing().status, Invoice.objects.count(), found_wrong()) == ("draft", 2, {})


def test_ada_chooses_it_on_the_page_of_the_type(riverside: Any, web: Callable[..., Client]) -> None:
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    page = web(riverside, people["ada"])
    typed = {"name": "Scan", "duration_minutes": "20", "rate": "90", "colour": "azure", "position": "1"}
    assert page.post(NEW_TYPE, {**typed, "charged_when": "sometimes"}).status_code == 400
    assert page.post(NEW_TYPE, {**typed, "charged_when": "check_in"}).status_code == 302
    with riverside.inside():
        assert AppointmentType.objects.get(name="Scan").charged_when == "check_in"


def test_a_program_says_it_too(riverside: Any, api: Callable[..., Any]) -> None:
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    calls = api(riverside, people["ada"])
    sent = {"name": "Scan", "duration_minutes": 20, "rate": "90"}
    assert calls.post("/api/v1/appointment-types/", {**sent, "charged_when": "sometimes"}).status_code == 400
    made = calls.post("/api/v1/appointment-types/", {**sent, "charged_when": "check_in"})
    assert (made.status_code, made.json()["charged_when"]) == (201, "check_in")
