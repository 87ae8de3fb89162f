"""The neighbours of an override, word for word: A is booked 10:00-10:30, a clinic admin books E over it 10:15-10:50.
Then F 10:30-11:00, which touches only E, is refused; after A is cancelled 10:00-10:15 is free and 10:10-10:20 is not.

For providers and for rooms; by rule, through the API, and in SQL by the clinic's own role.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.clinic.models import Provider
from apps.scheduling import resources
from apps.scheduling.booking import book, cancel
from apps.scheduling.calendars import hours
from apps.scheduling.fitting import ProviderIsBusy, ResourceIsTaken
from apps.scheduling.models import Appointment, Resource
from tests.scheduling.scene import MONDAY, Scene, weekdays
from tests.scheduling.test_api import Desk, desk

__all__ = ["desk"]
CODES = {"provider": "provider_is_busy", "room": "resource_taken"}


@pytest.fixture(params=["provider", "room"])
def scarce(request: pytest.FixtureRequest) -> str:
    """What there is only one of."""
    return str(request.param)


def tell(scarce: str, add: Callable[..., Any], refused: Callable[..., Any], call_off: Callable[[Any], Any]) -> None:
    """The story. `add` and `refused` get a letter for whoever is the provider where the room is scarce."""
    a = add("A", "10:00", "10:30")
    add("E", "10:15", "10:50", override=True)
    refused("F", "10:30", "11:00")
    refused("F", "10:49", "11:00")
    refused("G", "10:10", "10:15")
    call_off(a)
    refused("G", "10:10", "10:20")
    refused("G", "10:14", "10:16")
    add("G", "10:00", "10:15")
    refused("H", "10:14", "10:15")
    add("H", "10:50", "11:20")


def doctors(scene: Scene, scarce: str) -> dict[str, Provider]:
    if scarce == "provider":
        return dict.fromkeys("AEFGH", scene.dr_rao)
    made = {letter: Provider.objects.create(name=f"Dr {letter}") for letter in "AEFGH"}
    for one in made.values():
        hours.set_weekly_hours(one, sessions=weekdays(), effective_from=MONDAY, by=scene.ada, at=scene.at)
    return made


def rooms(scene: Scene, scarce: str) -> list[Resource]:
    return [resources.add_resource(name="Treatment 1", **scene.admin)] if scarce == "room" else []


def test_by_rule(scene: Scene, scarce: str) -> None:
    who, room = doctors(scene, scarce), rooms(scene, scarce)

    def add(letter: str, start: str, end: str, *, override: bool = False) -> Appointment:
        return book(
            patient=scene.asha,
            provider=who[letter],
            appointment_type=scene.visit,
            starts_at=scene.when(start),
            ends_at=scene.when(end),
            resources=room,
            patient_sees_both=True,
            override_reason="Chest pain" if override else "",
            by=scene.ada if override else scene.dora,
            at=scene.at,
        )

    def refused(letter: str, start: str, end: str) -> None:
        with pytest.raises(ProviderIsBusy if scarce == "provider" else ResourceIsTaken):
            add(letter, start, end)

    tell(scarce, add, refused, lambda one: cancel(one, by=scene.dora, at=scene.at, reason="Ill"))


def test_through_the_api(desk: Desk, riverside: Any, cast: Any, scarce: str) -> None:
    who = dict.fromkeys("AEFGH", desk.provider)
    room: list[str] = []
    office = {"by": cast.ada, "at": timezone.now()}
    with riverside.inside(by=cast.ada):
        if scarce == "room":
            for letter in who:
                made = Provider.objects.create(name=f"Dr {letter}")
                hours.set_weekly_hours(made, sessions=weekdays(), effective_from=desk.day, **office)
                who[letter] = str(made.pk)
            room = [str(resources.add_resource(name="Treatment 1", **office).pk)]

    def send(letter: str, start: str, end: str, **more: Any) -> Any:
        place = {"provider": who[letter], "ends_at": desk.at(end), "resources": room, "patient_sees_both": True}
        return desk.book(start, **{**place, **more})

    def add(letter: str, start: str, end: str, *, override: bool = False) -> Any:
        more = {"override_reason": "Chest pain", "caller": desk.ada} if override else {}
        answer = send(letter, start, end, **more)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def refused(letter: str, start: str, end: str) -> None:
        answer = send(letter, start, end)
        assert (answer.status_code, answer.json()["code"]) == (409, CODES[scarce])
        assert len(answer.json()["in_the_way"]) >= 1

    def call_off(one: Any) -> None:
        answer = desk.sara.post(f"/api/v1/appointments/{one['id']}/cancellation/", {"reason": "Ill"})
        assert answer.status_code == 200

    tell(scarce, add, refused, call_off)


def test_in_sql_by_the_clinics_own_role(scene: Scene, scarce: str) -> None:
    who, room = doctors(scene, scarce), rooms(scene, scarce)

    def add(letter: str, start: str, end: str, *, override: bool = False) -> UUID:
        pk = uuid4()
        words = "\\x" + "01" * 47 if override else "\\x"
        over = override and scarce == "provider"
        with transaction.atomic(), connection.cursor() as cursor:
            values = {
                "id": pk,
                "number": f"RAW-{letter}",
                "patient_id": scene.ben.pk,
                "provider_id": who[letter].pk,
                "appointment_type_id": scene.visit.pk,
                "status": "scheduled",
                "channel": "desk",
                "starts_at": scene.when(start),
                "ends_at": scene.when(end),
                "buffer_before": 0,
                "buffer_after": 0,
                "busy_from": scene.when(start),
                "busy_until": scene.when(end),
                "capacity": 1,
                "lane": "AEFGH".index(letter) if over or scarce == "provider" else 0,
                "is_override": over,
                "override_reason": words,
                "overridden_by_id": scene.ada.pk if override else None,
                "booked_by_id": scene.dora.pk,
                "booked_at": scene.at,
                "reason": "\\x",
                "notes": "\\x",
            }
            insert(cursor, "scheduling_appointment", values)
            for one in room:
                use = {"id": uuid4(), "appointment_id": pk, "resource_id": one.pk, "is_active": True}
                use |= {"busy_from": scene.at, "busy_until": scene.at, "is_override": override}
                insert(cursor, "scheduling_resourceuse", use)
        return pk

    def refused(letter: str, start: str, end: str) -> None:
        with pytest.raises(IntegrityError, match="overlaps" if scarce == "provider" else "is taken"):
            add(letter, start, end)

    def call_off(pk: UUID) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE scheduling_appointment SET status = 'cancelled' WHERE id = %s", [pk])

    tell(scarce, add, refused, call_off)


def insert(cursor: Any, table: str, values: dict[str, Any]) -> None:
    names, places = ", ".join(values), ", ".join(["%s"] * len(values))
    cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(values.values()))
