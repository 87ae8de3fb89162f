"""Somebody joins the waitlist: who waits for what, and with whom."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Department, Provider
from apps.core.clock import day_of
from apps.core.refusals import Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use
from apps.scheduling.booking import NotBookable
from apps.scheduling.models import AppointmentType, WaitlistEntry
from apps.scheduling.models.waitlist import Priority, Waiting, WaitlistChoice, WaitlistMove

LONGEST_WAIT = timedelta(days=366)


class BadWish(Refusal):
    code = "invalid_wish"


def join(
    *,
    patient: Patient,
    appointment_type: AppointmentType,
    earliest_day: date,
    latest_day: date,
    by: User,
    at: datetime,
    providers: Iterable[Provider] = (),
    department: Department | None = None,
    from_time: time | None = None,
    until_time: time | None = None,
    priority: int = Priority.ROUTINE,
    note: str = "",
) -> WaitlistEntry:
    """Put a patient on the waitlist: with these providers or this department, or with anybody where none is named.

    A free time that fits is not looked for now: the desk would have booked it. Raises BadWish, NotBookable.
    """
    patient = in_use(patient)
    _refuse_bad_wish(patient, appointment_type, earliest_day, latest_day, from_time, until_time, priority, note, at=at)
    named = sorted(set(providers), key=lambda one: one.pk)
    for one in named:
        if not one.is_active:
            raise BadWish(_("%(provider)s takes no appointments any more.") % {"provider": one}, field="providers")
    with transaction.atomic():
        entry = WaitlistEntry.objects.create(
            patient=patient,
            appointment_type=appointment_type,
            department=department,
            any_provider=not named and department is None,
            earliest_day=earliest_day,
            latest_day=latest_day,
            from_time=from_time,
            until_time=until_time,
            priority=priority,
            note=note.strip(),
            created_by=by,
            created_at=at,
        )
        WaitlistChoice.objects.bulk_create(WaitlistChoice(entry=entry, provider=one) for one in named)
        WaitlistMove.objects.create(entry=entry, to_status=Waiting.WAITING, by=by, at=at)
    return entry


def entries_of(patient: Patient) -> list[WaitlistEntry]:
    """What a patient waits for now."""
    return list(WaitlistEntry.objects.of_patient(patient).on_the_list().with_people())


def wants(entry: WaitlistEntry) -> str:
    """Whom a patient would see, in words. Ask with the choices loaded."""
    names = [choice.provider.name for choice in entry.choices.all()]
    names += [str(entry.department)] if entry.department else []
    return ", ".join(names) or _("anybody")


def providers_of(entry: WaitlistEntry) -> Iterable[Provider]:
    """Whom this patient would see."""
    rows = Provider.objects.filter(is_active=True)
    if entry.any_provider:
        return rows
    named = Q(pk__in=[choice.provider_id for choice in entry.choices.all()])
    return rows.filter(named | Q(department=entry.department) if entry.department_id else named)


def _refuse_bad_wish(
    patient: Patient,
    appointment_type: AppointmentType,
    earliest_day: date,
    latest_day: date,
    from_time: time | None,
    until_time: time | None,
    priority: int,
    note: str,
    *,
    at: datetime,
) -> None:
    today = day_of(at, profile.current().zone)
    if latest_day < earliest_day:
        raise BadWish(_("The last day lies before the first."), field="latest_day")
    if latest_day < today:
        raise BadWish(_("This day has passed."), field="latest_day")
    if latest_day > today + LONGEST_WAIT:
        raise BadWish(_("Nobody waits longer than a year: choose an earlier last day."), field="latest_day")
    if from_time and until_time and until_time <= from_time:
        raise BadWish(_("The end lies before the beginning."), field="until_time")
    if priority not in Priority.values:
        raise BadWish(_("Choose a priority."), field="priority")
    if len(note.strip()) > 500:
        raise BadWish(_("Say it in at most 500 letters."), field="note")
    if not appointment_type.is_active:
        raise NotBookable(_("“%(type)s” is no longer offered.") % {"type": appointment_type}, field="appointment_type")
    if not patient.is_active:
        raise NotBookable(_("This patient's record is deactivated: restore it first."), field="patient")
    if patient.is_blocked:
        raise NotBookable(_("This patient is blocked from booking: see the chart for why."), field="patient")
