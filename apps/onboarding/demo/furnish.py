"""Open a clinic of the demo and put people and prices into it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from apps.accounts import passwords, roles, staff
from apps.accounts.models import User
from apps.billing.prices import catalogue as prices
from apps.billing.prices import taxes
from apps.clinic import places, profile, providers
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time, day_of
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.onboarding.demo.calendars import open_branch
from apps.onboarding.demo.fees import set_fees
from apps.onboarding.demo.people import patients_of
from apps.onboarding.demo.plan import PASSWORD, SHIFTS, SYSTEM_ADMIN, Plan, Staff
from apps.onboarding.demo.prices import set_price_lists
from apps.onboarding.demo.records import know_patients
from apps.onboarding.demo.register import fill_register
from apps.onboarding.models import ImportedRow
from apps.outbox import outbox
from apps.patients import registration
from apps.scheduling import catalogue
from apps.scheduling.calendars import hours, time_off
from apps.tenants import provisioning
from apps.tenants.models import Clinic

SOURCE = "demo"
TAXED_SINCE = date(2017, 7, 1)  # India's tax on goods and services
HISTORY, AHEAD = 21, 14  # days


@contextmanager
def platform() -> Iterator[Any]:
    with connection.inside("public", clinic=PLATFORM_ID, actor="command:make_demo") as entered:
        yield entered


@contextmanager
def inside(clinic: Clinic) -> Iterator[Any]:
    who = {"actor": "command:make_demo", "slug": clinic.slug, "name": clinic.name}
    with connection.inside(clinic.schema_name, clinic=clinic.pk, **who) as entered:
        yield entered


def is_done(kind: str, name: str) -> bool:
    return ImportedRow.objects.filter(source=SOURCE, kind=kind, external_id=name).exists()


def note_done(kind: str, name: str, our_id: UUID, *, at: datetime) -> None:
    ImportedRow.objects.create(source=SOURCE, kind=kind, external_id=name, our_id=our_id, imported_at=at)


def admit_system_admin(*, at: datetime) -> None:
    """The one person of the platform's console."""
    name, email = SYSTEM_ADMIN
    with platform():
        if not User.objects.filter(email=email).exists():
            staff.admit(email=email, full_name=name, roles=[roles.SYSTEM_ADMIN], password=PASSWORD, by=None, at=at)


def open_clinic(plan: Plan, *, at: datetime) -> Clinic:
    """The plan's clinic, opened unless it is."""
    with platform():
        clinic = Clinic.objects.filter(slug=plan.slug).first()
        if clinic is None:
            clinic = provisioning.register_clinic(
                slug=plan.slug,
                name=plan.name,
                admin_email=plan.whoever(roles.CLINIC_ADMIN).email,
                at=at,
                timezone=plan.timezone,
                currency=plan.currency,
                locale=plan.locale,
                plan=Clinic.Plan.STANDARD,
            )
    if clinic.state == Clinic.State.OPENING:
        provisioning.open_registered(clinic, at=at)
    return clinic


def furnish(plan: Plan, clinic: Clinic, *, at: datetime, tell: Callable[[str], None]) -> None:
    """Staff, rooms, providers with hours, prices and patients. Each part is one transaction; what is done stays."""
    with inside(clinic):
        if is_done("clinic", "furnished"):
            return
    parts: dict[str, Callable[[Plan, datetime], None]] = {
        "staff": _admit_staff,
        "providers": _put_providers_to_work,
        "prices": _set_prices,
        "patients": _register_patients,
        "records": _ask_patients,
        "register": fill_register,
    }
    for name, work in parts.items():
        with inside(clinic):
            if not is_done("part", name):
                tell(f"{plan.name}: {name}")
                work(plan, at)
                note_done("part", name, clinic.pk, at=at)
    with inside(clinic):
        note_done("clinic", "furnished", clinic.pk, at=at)


def person(one: Staff) -> User:
    return User.objects.get(email=one.email)


def _admit_staff(plan: Plan, at: datetime) -> None:
    for one in plan.staff:
        invited = User.objects.filter(email=one.email).first()
        if invited is None:
            staff.admit(email=one.email, full_name=one.name, roles=one.roles, password=PASSWORD, by=None, at=at)
        else:  # the first clinic admin was invited when the clinic was opened
            passwords.choose(staff.rename(invited, full_name=one.name, at=at), PASSWORD, at=at)
            outbox.withdraw_waiting(at=at)  # nobody needs that invitation any more
    profile.amend(
        by=person(plan.whoever(roles.CLINIC_ADMIN)),
        at=at,
        address=plan.address,
        phone=plan.phone,
        email=plan.email,
        tax_id=plan.tax_id,
    )


def _put_providers_to_work(plan: Plan, at: datetime) -> None:
    by = person(plan.whoever(roles.CLINIC_ADMIN))
    by.act()
    since = day_of(at, profile.current().zone) - timedelta(days=HISTORY + 7)
    departments = {
        name: places.add_department(by=by, at=at, name=name)
        for name in dict.fromkeys(one.department for one in plan.providers)
    }
    for position, one in enumerate(plan.providers):
        room = places.add_room(by=by, at=at, name=one.room, department=departments[one.department])
        provider = providers.add_provider(
            by=by,
            at=at,
            name=one.name,
            user=person(one),
            specialty=one.specialty,
            qualification=one.qualification,
            department=departments[one.department],
            room=room,
            position=position,
        )
        (starts, ends), pause = SHIFTS[one.shift]
        week = [
            hours.Session(weekday, starts, ends, breaks=(hours.Pause(*pause),))
            for weekday in range(7)
            if weekday != one.day_off
        ]
        hours.set_weekly_hours(provider, sessions=week, effective_from=since, by=by, at=at)
    _send_one_on_leave(by, at)
    open_branch(by, at)


def _send_one_on_leave(by: User, at: datetime) -> None:
    """The last provider is away for two days next week."""
    provider = Provider.objects.order_by("-position").first()
    assert provider is not None
    zone = profile.current().zone
    first = day_of(at, zone) + timedelta(days=8)
    time_off.take_leave(
        provider,
        starts_at=at_wall_time(first, SHIFTS["early"][0][0], zone),
        ends_at=at_wall_time(first + timedelta(days=1), SHIFTS["late"][0][1], zone),
        by=by,
        at=at,
        reason="Conference",
    )


def _set_prices(plan: Plan, at: datetime) -> None:
    by = person(plan.whoever(roles.CLINIC_ADMIN))
    by.act()
    for position, one in enumerate(plan.types):
        catalogue.add_type(
            by=by,
            at=at,
            name=one.name,
            duration_minutes=one.minutes,
            rate=one.rate,
            tax_name=one.tax[0],
            tax_rate=one.tax[1],
            buffer_after=one.buffer_after,
            colour=one.colour,
            position=position,
        )
    set_fees(by, at)
    for offer in plan.offers:
        prices.add_service(
            by=by,
            at=at,
            name=offer.name,
            category=offer.category,
            price=offer.price,
            tax_name=offer.tax[0],
            tax_rate=offer.tax[1],
        )
    for name, rate, category in plan.taxes:
        taxes.add_tax(name=name, rate=rate, categories=[category], starts_on=TAXED_SINCE, by=by, at=at)
    set_price_lists(by, at)


def _register_patients(plan: Plan, at: datetime) -> None:
    by = person(plan.whoever("front_desk"))
    by.act()
    began = at - timedelta(days=HISTORY + 30)
    today = day_of(at, profile.current().zone)
    for place, details in enumerate(patients_of(plan, today=today)):
        registered_at = began + timedelta(days=30) * place / plan.patients
        patient = registration.register(by=by, at=registered_at, **details)
        note_done("patient", str(place), patient.pk, at=at)


def _ask_patients(plan: Plan, at: datetime) -> None:
    ours = ImportedRow.objects.filter(source=SOURCE, kind="patient").order_by("id")
    know_patients(plan, at, list(ours.values_list("our_id", flat=True)))
