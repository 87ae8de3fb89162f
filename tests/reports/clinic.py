"""A small clinic at work: two doctors in two departments, a visit of each, an invoice written at the desk."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from apps.billing import invoicing
from apps.billing.models import Invoice, Payment
from apps.billing.paying import payments, refunds
from apps.clinic.models import Department, Provider
from apps.patients.models import Patient
from apps.scheduling import booking
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import Appointment, AppointmentType
from tests.patients.factories import PatientFactory

DAY = date(2026, 5, 11)


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@dataclass
class Work:
    """Who works here. `visit(0)` is Asha's with Dr Rao, `visit(1)` with Dr Sen, who belongs to no department."""

    by: Any
    rao: Provider
    sen: Provider
    heart: Department
    check_up: AppointmentType
    asha: Patient
    visits: list[Appointment]

    def charge(
        self, *prices: Any, on: date, visit: int | None = None, tax: tuple[str, Any] = ("", 0), **line: Any
    ) -> Invoice:
        appointment = None if visit is None else self.visits[visit]
        made = invoicing.draft(self.asha, by=self.by, at=at(on), appointment=appointment)
        name, rate = tax
        for price in prices:
            invoicing.add_charge(
                made, description="Care", unit_price=price, tax_name=name, tax_rate=rate, by=self.by, at=at(on), **line
            )
        return invoicing.issue(made, by=self.by, at=at(on), issue_date=on)

    def pay(self, amount: Any, *invoices: Invoice, on: date, method: str = "cash") -> Payment:
        return payments.receive(
            self.asha, method=method, amount=amount, invoices=list(invoices), credit_consent=True, by=self.by, at=at(on)
        )

    def give_back(self, payment: Payment, amount: Any, *, on: date, method: str | None = None) -> None:
        refunds.refund(payment, amount=amount, method=method, reason="Too much", by=self.by, at=at(on))


def open_work(by: Any) -> Work:
    moment = at(DAY, 2)
    heart = Department.objects.create(name="Heart")
    rao = Provider.objects.create(name="Dr Rao", department=heart)
    sen = Provider.objects.create(name="Dr Sen")
    check_up = AppointmentType.objects.create(name="Check-up", duration_minutes=30, rate="500.00")
    asha = PatientFactory(by=by, given_name="Asha")
    visits = []
    for provider in (rao, sen):
        sessions = [Session(weekday, time(8), time(20), 4) for weekday in range(7)]
        hours.set_weekly_hours(provider, sessions=sessions, effective_from=date(2026, 1, 1), by=by, at=moment)
        starts = at(DAY, 6) + timedelta(minutes=30 * len(visits))
        visits.append(
            booking.book(
                patient=asha, provider=provider, appointment_type=check_up, starts_at=starts, by=by, at=moment
            )
        )  # fmt: skip
    return Work(by, rao, sen, heart, check_up, asha, visits)
