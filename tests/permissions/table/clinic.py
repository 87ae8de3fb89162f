"""Providers, departments, rooms, the clinic's particulars."""

from django.utils import timezone

from apps.clinic import providers

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
    "GET api-rooms": API_READS,
}


def kwargs(name, cast):
    return {"pk": providers.add_provider(name="Dr New", by=cast.ada, at=timezone.now()).pk}
