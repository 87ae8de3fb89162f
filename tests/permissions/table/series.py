"""Appointments that repeat."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from apps.clinic import profile, providers
from apps.patients import registration
from apps.scheduling import catalogue
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import Appointment
from apps.scheduling.repeating import series
from apps.scheduling.repeating.recurrence import Rule
from tests.permissions.roles import only

BOOKS = ("front_desk", "provider")

ROWS = {
    "scheduling:new_series": only(302, 200, *BOOKS),
    "POST scheduling:new_series": only(302, 400, *BOOKS),
    "scheduling:series": {"anonymous": 302, "*": 200},
    "scheduling:following": only(302, 200, *BOOKS),
    "POST scheduling:following": only(302, 400, *BOOKS),
    "scheduling:following_cancellation": only(302, 200, *BOOKS),
    "POST scheduling:following_cancellation": only(302, 400, *BOOKS),
    "GET api-appointment-series": {"anonymous": 401, "*": 200},
    "POST api-appointment-series": only(401, 400, *BOOKS),
    "POST api-appointment-series-preview": only(401, 400, *BOOKS),
    "GET api-one-appointment-series": {"anonymous": 401, "*": 200},
    "POST api-appointment-following": only(401, 200, *BOOKS),
    "POST api-appointment-following-cancellation": only(401, 200, *BOOKS),
}


def kwargs(name, cast):
    at = timezone.now()
    made = a_series(cast, at)
    if name in {"scheduling:series", "api-one-appointment-series"}:
        return {"pk": made.pk}
    return {"pk": Appointment.objects.filter(series=made).order_by("starts_at").first().pk}


def a_series(cast, at: datetime):
    first_day = at.astimezone(profile.current().zone).date() + timedelta(days=2)
    visit = catalogue.add_type(name="Consultation", duration_minutes=20, rate="500", by=cast.ada, at=at)
    provider = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=at)
    days = [Session(day, time(8), time(20)) for day in range(7)]
    hours.set_weekly_hours(provider, sessions=days, effective_from=first_day, by=cast.ada, at=at)
    return series.book_series(
        Rule(first_day, time(10), times=3),
        patient=registration.register(given_name="Asha", family_name="Patel", by=cast.ada, at=at),
        provider=provider,
        appointment_type=visit,
        by=cast.ada,
        at=at,
    )


def data(name, cast):
    if name == "api-appointment-following-cancellation":
        return {"reason": "Called off"}
    return {"starts": "11:00"} if name == "api-appointment-following" else {}
