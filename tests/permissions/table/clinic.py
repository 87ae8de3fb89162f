"""Providers, departments, rooms, the clinic's particulars."""

from django.utils import timezone

from apps.clinic import places, providers

API_READS = {"anonymous": 401, "*": 200}


def admin(anonymous, status):
    return {"anonymous": anonymous, "clinic_admin": status, "*": 403}


ROWS = {
    "GET api-clinic": API_READS,
    "GET api-providers": API_READS,
    "POST api-providers": admin(401, 400),
    "GET api-provider": API_READS,
    "PATCH api-provider": admin(401, 200),
    "POST api-provider-deactivation": admin(401, 200),
    "DELETE api-provider-deactivation": admin(401, 200),
    "GET api-departments": API_READS,
    "POST api-departments": admin(401, 400),
    "GET api-department": API_READS,
    "PATCH api-department": admin(401, 200),
    "POST api-department-closing": admin(401, 200),
    "DELETE api-department-closing": admin(401, 200),
    "GET api-rooms": API_READS,
    "POST api-rooms": admin(401, 400),
    "GET api-room": API_READS,
    "PATCH api-room": admin(401, 200),
    "POST api-room-closing": admin(401, 200),
    "DELETE api-room-closing": admin(401, 200),
    "clinic:profile": admin(302, 200),
    "POST clinic:profile": admin(302, 400),
    "clinic:new_provider": admin(302, 200),
    "POST clinic:new_provider": admin(302, 400),
    "clinic:provider": admin(302, 200),
    "POST clinic:provider": admin(302, 400),
    "POST clinic:provider_deactivation": admin(302, 302),
    "POST clinic:provider_restoration": admin(302, 302),
    "clinic:new_department": admin(302, 200),
    "POST clinic:new_department": admin(302, 400),
    "clinic:department": admin(302, 200),
    "POST clinic:department": admin(302, 400),
    "POST clinic:department_closing": admin(302, 302),
    "POST clinic:department_reopening": admin(302, 302),
    "clinic:new_room": admin(302, 200),
    "POST clinic:new_room": admin(302, 400),
    "clinic:room": admin(302, 200),
    "POST clinic:room": admin(302, 400),
    "POST clinic:room_closing": admin(302, 302),
    "POST clinic:room_reopening": admin(302, 302),
}


def kwargs(name, cast):
    if "department" in name:
        return {"pk": places.add_department(name="Physiotherapy", by=cast.ada, at=timezone.now()).pk}
    if "room" in name:
        return {"pk": places.add_room(name="Room 1", by=cast.ada, at=timezone.now()).pk}
    return {"pk": providers.add_provider(name="Dr New", by=cast.ada, at=timezone.now()).pk}
