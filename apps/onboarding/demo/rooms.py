"""The demo's rooms and equipment, a team meeting, and a front desk that asks for an override."""

from datetime import datetime, time, timedelta

from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time, day_of
from apps.core.refusals import Refusal
from apps.onboarding.demo.furnish import inside, is_done, note_done, person
from apps.onboarding.demo.plan import Plan
from apps.patients.models import Patient
from apps.scheduling import overrides, resources
from apps.scheduling.calendars import blocking
from apps.scheduling.models import Appointment, AppointmentType, Resource, Sort, Status
from apps.tenants.models import Clinic

PART = "rooms in use"
ULTRASOUND = "Ultrasound"


def furnish_rooms(plan: Plan, at: datetime) -> None:
    """Two treatment rooms and an ultrasound, which the shortest visit takes where one is free."""
    admin = person(plan.whoever("clinic_admin"))
    admin.act()
    for number in (1, 2):
        resources.add_resource(name=f"Treatment room {number}", kind="Treatment room", by=admin, at=at)
    resources.add_resource(name=ULTRASOUND, sort=Sort.EQUIPMENT, by=admin, at=at)
    shortest = AppointmentType.objects.active().order_by("duration_minutes", "position").first()
    if shortest is not None:
        resources.set_needs(shortest, required=[], proposed=["Treatment room"], by=admin, at=at)


def use_rooms(plan: Plan, clinic: Clinic, *, now: datetime) -> None:
    """Once for each clinic, after its days were booked."""
    with inside(clinic):
        if not is_done("part", PART):
            _meet(plan, now)
            _ask_for_an_override(plan, now)
            note_done("part", PART, clinic.pk, at=now)


def _meet(plan: Plan, now: datetime) -> None:
    """Tomorrow a provider is kept from patients by a meeting, and the ultrasound is looked after."""
    admin = person(plan.whoever("clinic_admin"))
    admin.act()
    zone = profile.current().zone
    tomorrow = day_of(now, zone) + timedelta(days=1)
    provider = Provider.objects.filter(is_active=True).order_by("position")[0]
    device = Resource.objects.get(name=ULTRASOUND)
    for what, starts, ends, reason in (
        (provider, time(12), time(12, 30), "Team meeting"),
        (device, time(8), time(9), "Maintenance"),
    ):
        blocking.block(
            what,
            starts_at=at_wall_time(tomorrow, starts, zone),
            ends_at=at_wall_time(tomorrow, ends, zone),
            reason=reason,
            keep_appointments=True,
            by=admin,
            at=now,
        )


def _ask_for_an_override(plan: Plan, now: datetime) -> None:
    """The front desk would like somebody to be seen beside another patient; the clinic admin has not answered yet."""
    desk = person(plan.whoever("front_desk"))
    desk.act()
    coming = Appointment.objects.filter(status=Status.SCHEDULED, starts_at__gt=now + timedelta(hours=20)).with_people()
    beside = coming.order_by("starts_at", "id").first()
    if beside is None:
        return
    patient = Patient.objects.active().filter(is_blocked=False).exclude(pk=beside.patient_id).order_by("number").first()
    if patient is None:
        return
    try:
        overrides.ask(
            patient=patient,
            provider=beside.provider,
            appointment_type=beside.appointment_type,
            starts_at=beside.starts_at,
            why="Travels two hours to come here and can only come in the morning",
            by=desk,
            at=now,
        )
    except Refusal:  # that patient is elsewhere then; the demo goes on without
        return
