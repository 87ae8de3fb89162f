"""Appointment types, free times, appointments and the steps of a visit."""

from datetime import timedelta

from django.utils import timezone

from apps.clinic import providers
from apps.patients import registration
from apps.scheduling import attendance, booking, catalogue
from apps.scheduling.calendars import hours, time_off
from tests.permissions.roles import only

API_READS = {"anonymous": 401, "*": 200}

BOOKS = ("front_desk", "provider")
ATTENDS = ("front_desk", "provider", "nurse")
ROWS = {
    "GET api-appointment-types": API_READS,
    "POST api-appointment-types": only(401, 400),
    "GET api-appointment-type": API_READS,
    "PATCH api-appointment-type": only(401, 200),
    "GET api-free-times": {"anonymous": 401, "*": 400},
    "GET api-appointments": API_READS,
    "POST api-appointments": only(401, 400, *BOOKS),
    "GET api-appointment": API_READS,
    "PATCH api-appointment": only(401, 200, *BOOKS),
    "POST api-appointment-reschedule": only(401, 400, *BOOKS),
    "POST api-appointment-confirmation": only(401, 409, *BOOKS),
    "POST api-appointment-cancellation": only(401, 200, *BOOKS),
    "POST api-appointment-arrival": only(401, 200, *ATTENDS),
    "POST api-appointment-start": only(401, 200, "provider"),
    "POST api-appointment-completion": only(401, 200, "provider"),
    "POST api-appointment-no-show": only(401, 200, *ATTENDS),
    # Ada made the last move: the others may take back their own only.
    "POST api-appointment-undo": {**only(401, 409, *ATTENDS), "clinic_admin": 200},
    "GET api-appointment-transitions": API_READS,
    "scheduling:setup": only(302, 200),
    "scheduling:closed_days": only(302, 200),
    "POST scheduling:closed_days": only(302, 400),
    "scheduling:new_type": only(302, 200),
    "POST scheduling:new_type": only(302, 400),
    "scheduling:edit_type": only(302, 200),
    "POST scheduling:edit_type": only(302, 400),
    "POST scheduling:fee": only(302, 400),
    "POST scheduling:withdraw_type": only(302, 302),
    "POST scheduling:offer_type": only(302, 302),
    "scheduling:provider_hours": only(302, 200),
    "POST scheduling:provider_hours": only(302, 400),
    "POST scheduling:leave": only(302, 400),
    "POST scheduling:opening": only(302, 400),
    "POST scheduling:withdraw_leave": only(302, 302),
    "POST scheduling:withdraw_opening": only(302, 302),
}

TYPES = {"edit_type", "fee", "withdraw_type", "offer_type"}


def kwargs(name, cast):
    at = timezone.now() - timedelta(minutes=10)
    consultation = catalogue.add_type(name="Consultation", duration_minutes=20, rate="500", by=cast.ada, at=at)
    if name == "api-appointment-type" or name.split(":")[-1] in TYPES:
        return {"pk": consultation.pk}
    provider = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=at)
    if name == "scheduling:withdraw_leave":
        away = time_off.take_leave(provider, starts_at=at, ends_at=at + timedelta(days=1), by=cast.ada, at=at)
        return {"pk": away.pk}
    today = hours.open_one_off(provider, starts_at=at, ends_at=at + timedelta(hours=3), by=cast.ada, at=at)
    if name == "scheduling:withdraw_opening":
        return {"pk": today.pk}
    if name.split(":")[-1] in {"provider_hours", "leave", "opening"}:
        return {"pk": provider.pk}
    appointment = booking.book(
        patient=registration.register(given_name="Asha", family_name="Patel", by=cast.ada, at=at),
        provider=provider,
        appointment_type=consultation,
        starts_at=at,
        by=cast.ada,
        at=at,
    )
    if name.endswith(("start", "completion", "undo")):
        attendance.arrive(appointment, by=cast.ada, at=at)
    if name.endswith("completion"):
        attendance.start(appointment, by=cast.ada, at=at)
    return {"pk": appointment.pk}


def data(name, cast):
    return {"reason": "Called off"} if name.endswith("cancellation") else {}
