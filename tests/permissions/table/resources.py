"""Rooms and equipment, what types need, blocked time."""

from datetime import timedelta

from django.utils import timezone

from apps.clinic import providers
from apps.scheduling import catalogue, resources
from apps.scheduling.calendars import blocking
from tests.permissions.roles import only

READS = {"anonymous": 401, "*": 200}
BLOCKS = ("front_desk", "provider")

ROWS = {
    "GET api-resources": READS,
    "POST api-resources": only(401, 400),
    "GET api-resource": READS,
    "PATCH api-resource": only(401, 200),
    "POST api-resource-closing": only(401, 200),
    "DELETE api-resource-closing": only(401, 200),
    "GET api-appointment-type-needs": READS,
    "PUT api-appointment-type-needs": only(401, 400),
    "GET api-blocks": READS,
    "POST api-blocks": only(401, 400, *BLOCKS),
    "GET api-block": READS,
    "DELETE api-block": only(401, 200, *BLOCKS),
    "scheduling:resources": only(302, 200),
    "scheduling:new_resource": only(302, 200),
    "POST scheduling:new_resource": only(302, 400),
    "scheduling:resource": only(302, 200),
    "POST scheduling:resource": only(302, 400),
    "POST scheduling:resource_closing": only(302, 302),
    "POST scheduling:resource_reopening": only(302, 302),
    "scheduling:needs": only(302, 200),
    "POST scheduling:needs": only(302, 302),
    "scheduling:blocks": only(302, 200, *BLOCKS),
    "POST scheduling:blocks": only(302, 400, *BLOCKS),
    "POST scheduling:lift_block": only(302, 302, *BLOCKS),
}


def kwargs(name, cast):
    at = timezone.now()
    if "needs" in name:
        return {"pk": catalogue.add_type(name="Scan", duration_minutes=20, rate="500", by=cast.ada, at=at).pk}
    if "block" in name:
        provider = providers.add_provider(name="Dr Ravi Shah", by=cast.ada, at=at)
        span = {"starts_at": at, "ends_at": at + timedelta(hours=1), "reason": "Team meeting"}
        return {"pk": blocking.block(provider, by=cast.ada, at=at, **span).pk}
    return {"pk": resources.add_resource(name="Ultrasound 1", by=cast.ada, at=at).pk}
