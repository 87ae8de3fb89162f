"""Leave that providers ask for, and a year's closed days."""

from datetime import timedelta

from django.utils import timezone

from apps.clinic.providers import add_provider
from apps.scheduling.calendars import leave
from tests.permissions.roles import only

ROWS = {
    "scheduling:my_leave": only(302, 404) | {"provider": 200},
    "POST scheduling:my_leave": only(302, 404) | {"provider": 400},
    "POST scheduling:leave_withdrawal": only(302, 302, "provider"),
    "scheduling:leave_requests": only(302, 200),
    "POST scheduling:leave_answer": only(302, 302),
    "POST scheduling:holidays": only(302, 400),
    "GET api-leave-requests": {"anonymous": 401, "*": 200},
    "POST api-leave-requests": {"anonymous": 401, "provider": 400, "*": 404},
    "POST api-leave-approval": only(401, 200),
    "POST api-leave-refusal": only(401, 400),
    "POST api-leave-withdrawal": only(401, 200, "provider"),
}


def prepare(name, cast):
    """Dr Shah sees patients here: only a provider has leave to ask for."""
    if name in {"scheduling:my_leave", "api-leave-requests"}:
        add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=timezone.now())


def kwargs(name, cast):
    at = timezone.now()
    provider = add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=at)
    start = at + timedelta(days=3)
    asked = leave.ask_for_leave(provider, starts_at=start, ends_at=start + timedelta(days=1), by=cast.shah, at=at)
    return {"pk": asked.pk}


def data(name, cast):
    return {"answer": "approve"} if name == "scheduling:leave_answer" else {}
