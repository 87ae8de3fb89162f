"""The people of the billing tests: Bela manages the bills, Carl is at the till, Asha and Ben are patients."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.accounts import roles
from apps.accounts.models import User
from apps.billing import invoicing
from apps.billing.models import Invoice, Payment
from apps.billing.paying import payments
from apps.clinic.models import Provider
from apps.ledger.checking import checks
from apps.ledger.models import JournalLine
from apps.patients import registration
from apps.patients.models import Patient
from apps.scheduling import attendance, booking
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import Appointment, AppointmentType
from tests.conftest import clinic_of
from tests.kept import keep

DAY = date(2026, 5, 11)
AT = datetime(2026, 5, 11, 6, 30, tzinfo=UTC)  # 12:00 at Riverside


@dataclass
class Cast:
    bela: User  # billing manager
    carl: User  # cashier: gives no discounts and voids nothing
    asha: Patient
    ben: Patient

    def draft(self, *charges: dict[str, Any], patient: Patient | None = None) -> Invoice:
        invoice = invoicing.draft(patient or self.asha, by=self.bela, at=AT)
        for number, charge in enumerate(charges, start=1):
            given = {"description": f"Charge {number}", "discount_reason": "Agreed", **charge}
            invoicing.add_charge(invoice, by=self.bela, at=AT, **given)
        invoice.refresh_from_db()
        return invoice

    def issued(self, *charges: Any, patient: Patient | None = None, at: datetime = AT) -> Invoice:
        """Charges may be bare prices."""
        rows = [charge if isinstance(charge, dict) else {"unit_price": charge} for charge in charges]
        return invoicing.issue(self.draft(*rows, patient=patient), by=self.bela, at=at)

    def pay(self, amount: Any, *invoices: Any, method: str = "cash", **more: Any) -> Payment:
        at = more.pop("at", AT)
        patient = more.pop("patient", self.asha)
        return payments.receive(
            patient, method=method, amount=amount, invoices=list(invoices), by=self.carl, at=at, **more
        )


def person(email: str, name: str, role: str) -> User:
    return roles.give(User.objects.create_user(email, full_name=name), role)


def make_cast() -> Cast:
    bela = person("bela@cast.example", "Bela Bills", "billing_manager")
    carl = person("carl@cast.example", "Carl Cashier", "cashier")
    asha = registration.register(by=bela, at=AT, given_name="Asha", family_name="Patel", birth_date=date(1988, 3, 14))
    ben = registration.register(by=bela, at=AT, given_name="Ben", family_name="Okoro", birth_date=date(1970, 7, 1))
    return Cast(bela, carl, asha, ben)


@keep
def kept_cast() -> Cast:
    with clinic_of("riverside").inside():
        return make_cast()


def in_session(cast: Cast) -> Appointment:
    """Asha is with Dr Rao at noon, for a check-up of 800.00 and 5 %."""
    booked, rao = expected(cast)
    attendance.arrive(booked, by=rao, at=AT)
    return attendance.start(booked, by=rao, at=AT)


def expected(cast: Cast, **kind: Any) -> tuple[Appointment, User]:
    """Asha's check-up as it was booked, and Dr Rao."""
    rao = person("rao@cast.example", "Anita Rao", "clinic_admin")
    provider = Provider.objects.create(name="Dr Anita Rao", user=rao)
    sessions = [Session(weekday, time(8), time(20), 1) for weekday in range(7)]
    hours.set_weekly_hours(provider, sessions=sessions, effective_from=date(2026, 1, 1), by=rao, at=AT)
    check_up = AppointmentType.objects.create(
        name="Check-up", duration_minutes=30, rate="800.00", tax_name="GST", tax_rate=5, **kind
    )
    before = AT - timedelta(hours=1)
    booked = booking.book(
        patient=cast.asha, provider=provider, appointment_type=check_up, starts_at=AT, by=rao, at=before
    )
    return Appointment.objects.with_people().get(pk=booked.pk), rao


def balances() -> dict[str, Decimal]:
    """What each account holds, on its own side, without the empty ones."""
    sums: dict[str, Decimal] = {}
    for line in JournalLine.objects.select_related("account"):
        sign = 1 if line.account.grows_by_debit else -1
        sums[line.account.role] = sums.get(line.account.role, Decimal(0)) + sign * (line.debit - line.credit)
    return {role: amount for role, amount in sums.items() if amount}


def found_wrong() -> dict[str, Any]:
    """What the checks of the books find here and now, by check."""
    with connection.cursor() as cursor:
        outcomes = {check.code: checks.examine(check, cursor).findings for check in checks.all_checks()}
    return {code: findings for code, findings in outcomes.items() if findings}


def D(text: str) -> Decimal:  # noqa: N802 - reads as the figure it is
    return Decimal(text)
