"""Providers, departments, rooms, the clinic's particulars."""

from django.utils import timezone

from apps.clinic import places, providers
from tests.permissions.roles import only

API_READS = {"anonymous": 401, "*": 200}

ROWS = {
    "GET api-clinic": API_READS,
    "GET api-providers": API_READS,
    "POST api-providers": only(401, 400),
    "GET api-provider": API_READS,
    "PATCH api-provider": only(401, 200),
    "POST api-provider-deactivation": only(401, 200),
    "DELETE api-provider-deactivation": only(401, 200),
    "GET api-departments": API_READS,
    "POST api-departments": only(401, 400),
    "GET api-department": API_READS,
    "PATCH api-department": only(401, 200),
    "POST api-department-closing": only(401, 200),
    "DELETE api-department-closing": only(401, 200),
    "GET api-rooms": API_READS,
    "POST api-rooms": only(401, 400),
    "GET api-room": API_READS,
    "PATCH api-room": only(401, 200),
    "POST api-room-closing": only(401, 200),
    "DELETE api-room-closing": only(401, 200),
    "clinic:profile": only(302, 200),
    "POST clinic:profile": only(302, 400),
    "clinic:new_provider": only(302, 200),
    "POST clinic:new_provider": only(302, 400),
    "clinic:provider": only(302, 200),
    "POST clinic:provider": only(302, 400),
    "POST clinic:provider_deactivation": only(302, 302),
    "POST clinic:provider_restoration": only(302, 302),
    "clinic:new_department": only(302, 200),
    "POST clinic:new_department": only(302, 400),
    "clinic:department": only(302, 200),
    "POST clinic:department": only(302, 400),
    "POST clinic:department_closing": only(302, 302),
    "POST clinic:department_reopening": only(302, 302),
    "clinic:new_room": only(302, 200),
    "POST clinic:new_room": only(302, 400),
    "clinic:room": only(302, 200),
    "POST clinic:room": only(302, 400),
    "POST clinic:room_closing": only(302, 302),
    "POST clinic:room_reopening": only(302, 302),
}


def kwargs(name, cast):
    if "department" in name:
        return {"pk": places.add_department(name="Physiotherapy", by=cast.ada, at=timezone.now()).pk}
    if "room" in name:
        return {"pk": places.add_room(name="Room 1", by=cast.ada, at=timezone.now()).pk}
    return {"pk": providers.add_provider(name="Dr New", by=cast.ada, at=timezone.now()).pk}
