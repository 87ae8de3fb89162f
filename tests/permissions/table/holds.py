"""Holds and override requests."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from apps.clinic import providers
from apps.patients import registration
from apps.scheduling import catalogue, overrides
from tests.permissions.roles import only

BOOKS = ("front_desk", "provider")
ROWS = {
    "POST scheduling:hold": only(302, 400, *BOOKS),
    "POST scheduling:release": only(302, 400, *BOOKS),
    "scheduling:override_requests": only(302, 200, *BOOKS),
    "scheduling:override_badge": only(302, 200, *BOOKS),
    "POST scheduling:override_approval": only(302, 302),
    "POST scheduling:override_decline": only(302, 400),  # why not?
    "POST scheduling:override_withdrawal": only(302, 302),  # only who asked
    "GET api-holds": only(401, 200, *BOOKS),
    "POST api-holds": only(401, 400, *BOOKS),
    # A hold that is not the caller's own is as good as gone: nothing happens to it.
    "DELETE api-hold": {**only(401, 204, *BOOKS), "outsider": 204},
    "GET api-override-requests": only(401, 200, *BOOKS),
    "POST api-override-requests": only(401, 400, *BOOKS),
    # Ada asked: the others see their own only.
    "GET api-override-request": {**only(401, 200), "front_desk": 404, "provider": 404},
    "POST api-override-approval": only(401, 200),
    "POST api-override-decline": only(401, 400),
    "POST api-override-withdrawal": only(401, 200),
}


def kwargs(name, cast):
    if name == "api-hold":
        return {"key": UUID(int=7)}
    at = timezone.now()
    asked = overrides.ask(  # nobody works at all: every time is outside hours
        patient=registration.register(given_name="Asha", family_name="Patel", by=cast.ada, at=at),
        provider=providers.add_provider(name="Dr Ravi Shah", by=cast.ada, at=at),
        appointment_type=catalogue.add_type(name="Consultation", duration_minutes=20, rate="500", by=cast.ada, at=at),
        starts_at=at + timedelta(hours=1),
        why="High fever",
        by=cast.ada,
        at=at,
    )
    return {"pk": asked.pk}
