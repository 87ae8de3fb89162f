"""The demo's regulars: visits that repeat, reminders, and patients who would come earlier."""

from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any

from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.refusals import Refusal
from apps.onboarding.demo.furnish import SOURCE, inside, is_done, note_done, person
from apps.onboarding.demo.plan import Plan
from apps.onboarding.models import ImportedRow
from apps.patients.models import Patient
from apps.scheduling import reminders
from apps.scheduling.models import AppointmentType
from apps.scheduling.models.reminder import ReminderChannel
from apps.scheduling.models.waitlist import Priority
from apps.scheduling.reminders import Notice
from apps.scheduling.repeating import series
from apps.scheduling.repeating.recurrence import Rule
from apps.scheduling.waitlist import joining, offering
from apps.tenants.models import Clinic

PART = "series"
WISHES = (
    (Priority.URGENT, time(9), None, "Pain is getting worse; can come at an hour's notice"),
    (Priority.SOON, None, time(12), "Mornings only"),
    (Priority.SOON, time(16), None, "After work"),
    (Priority.ROUTINE, None, None, ""),
    (Priority.ROUTINE, None, None, "Any day but call the daughter first"),
)


def make_regulars(plan: Plan, clinic: Clinic, *, now: datetime) -> None:
    """Once for each clinic, after its days were booked."""
    with inside(clinic):
        if is_done("part", PART):
            return
        _agree_to_reminders(plan, now)
        _repeat(plan, now)
        _wait(plan, now)
        note_done("part", PART, clinic.pk, at=now)


def _agree_to_reminders(plan: Plan, now: datetime) -> None:
    """A day before by e-mail; most have agreed to that."""
    admin, desk = person(plan.whoever("clinic_admin")), person(plan.whoever("front_desk"))
    admin.act()
    rules = [Notice(24), Notice(2, ReminderChannel.SMS)]
    reminders.set_rules(rules, quiet_from=time(21), quiet_until=time(8), by=admin, at=now)
    desk.act()
    for place, patient in enumerate(_patients()):
        if place % 4:
            reminders.note_wish(patient, channel=ReminderChannel.EMAIL, agreed=place % 9 > 0, by=desk, at=now)


def _repeat(plan: Plan, now: datetime) -> None:
    """Two patients come every week; where somebody is in the way they take the nearest free time."""
    desk = person(plan.whoever("front_desk"))
    desk.act()
    first_day = day_of(now, profile.current().zone) + timedelta(days=3)
    doctors = {one.name: one for one in Provider.objects.filter(is_active=True)}
    staff = [one for one in plan.providers if one.name in doctors]
    regular = next((one for one in staff if "Physio" in one.specialty), staff[0])
    kind = AppointmentType.objects.filter(name__in=regular.types).order_by("position").first()
    if kind is None:
        return
    for number, patient in enumerate(islice(_patients(), 20, 22)):
        people: dict[str, Any] = {
            "patient": patient,
            "provider": doctors[regular.name],
            "appointment_type": kind,
            "at": now,
        }
        rule = Rule(first_day + timedelta(days=number), time(10 + number, 30), times=8)
        try:
            plan_of = series.preview(rule, **people)
            swaps = {one.day: one.nearest.starts_at if one.nearest else None for one in plan_of.conflicts}
            series.book_series(rule, **people, instead=swaps, reason="Course of treatment", by=desk)
        except Refusal:  # an unlucky day; the demo goes on without
            continue


def _wait(plan: Plan, now: datetime) -> None:
    """Some wait, and the first has been offered a time."""
    desk = person(plan.whoever("front_desk"))
    desk.act()
    today = day_of(now, profile.current().zone)
    kinds = list(AppointmentType.objects.active()[:3])
    doctors = list(Provider.objects.filter(is_active=True)[:4])
    first = None
    for number, ((priority, from_time, until_time, note), patient) in enumerate(
        zip(WISHES, islice(_patients(), 30, None), strict=False)
    ):
        entry = joining.join(
            patient=patient,
            appointment_type=kinds[number % len(kinds)],
            providers=[] if number % 2 else [doctors[number % len(doctors)]],
            earliest_day=today + timedelta(days=1),
            latest_day=today + timedelta(days=21),
            from_time=from_time,
            until_time=until_time,
            priority=priority,
            note=note,
            by=desk,
            at=now - timedelta(days=9 - number),
        )
        first = first or entry
    free = offering.times_for(first, at=now + timedelta(hours=3)) if first else []
    if first and free:
        offering.offer(first, provider=free[0].provider, starts_at=free[0].starts_at, by=desk, at=now)


def _patients() -> list[Patient]:
    ours = ImportedRow.objects.filter(source=SOURCE, kind="patient").order_by("id").values_list("our_id", flat=True)
    known = Patient.objects.active().filter(is_blocked=False).in_bulk(list(ours)[:80])
    return list(known.values())
