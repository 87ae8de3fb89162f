"""The set-up pages keep what stands there, also where it is out of use by now."""

import re
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts import staff
from apps.clinic import places, providers
from apps.clinic.models import Provider, Room
from apps.core.clock import now


def path(name: str, *args: Any) -> str:
    return reverse(f"clinic:{name}", "hpms.urls", args=args)


def chosen(answer: Any, name: str) -> str:
    """What a browser sends back of a choice that nobody touched."""
    (choices,) = re.findall(rf'<select[^>]*name="{name}".*?</select>', answer.content.decode(), re.DOTALL)
    return "".join(re.findall(r'<option value="([^"]*)" selected', choices))


def test_a_room_of_a_department_that_was_closed_stays_there(riverside: Any, cast: Any, web: Any) -> None:
    with riverside.inside(by=cast.ada):
        department = places.add_department(name="Physiotherapy", by=cast.ada, at=now())
        room = places.add_room(name="Room P1", department=department, by=cast.ada, at=now())
        places.close(department, by=cast.ada, at=now())
    ada = web(riverside, cast.ada)
    page = path("room", room.pk)
    assert ada.post(page, {"name": "Room P2", "department": chosen(ada.get(page), "department")}).status_code == 302
    with riverside.inside(by=cast.ada):
        kept = Room.objects.get(pk=room.pk)
    assert (kept.name, kept.department_id) == ("Room P2", department.pk)


@pytest.mark.parametrize("door", ["page", "administration"])
def test_a_provider_who_may_not_sign_in_for_now_stays_who_they_are(
    riverside: Any, cast: Any, web: Any, door: str
) -> None:
    with riverside.inside(by=cast.ada):
        provider = providers.add_provider(name="Dr Shah", user=cast.shah, by=cast.ada, at=now())
        staff.deactivate(cast.shah, by=cast.ada, at=now())
    ada = web(riverside, cast.ada)
    page = f"/administration/clinic/provider/{provider.pk}/change/"
    page = path("provider", provider.pk) if door == "page" else page
    sent = {"name": "Dr Shah", "colour": provider.colour, "user": chosen(ada.get(page), "user")}
    assert ada.post(page, {**sent, "position": "7"}).status_code == 302
    with riverside.inside(by=cast.ada):
        kept = Provider.objects.get(pk=provider.pk)
    assert (kept.position, kept.user_id) == (7, cast.shah.pk)
