"""Departments, sites and rooms through the API: added, changed in part, taken out of use, used again."""

import pytest

from apps.clinic.models import Department
from apps.clinic.places import add_department, add_room
from apps.core.clock import now


@pytest.fixture
def ada(riverside, cast, api):
    return api(riverside, cast.ada)


@pytest.mark.parametrize("kind", ["departments", "sites", "rooms"])
def test_a_place_is_added_renamed_closed_and_used_again(ada, kind):
    made = ada.post(f"/api/v1/{kind}/", {"name": "  East wing "})
    assert (made.status_code, made.json()["name"], made.json()["is_active"]) == (201, "East wing", True)
    here = f"/api/v1/{kind}/{made.json()['id']}/"
    assert ada.get(here).json() == made.json()
    assert ada.patch(here, {"name": "West wing"}).json() == {**made.json(), "name": "West wing"}
    assert ada.patch(here, {}).json()["name"] == "West wing"
    assert ada.post(f"{here}closing/").json()["is_active"] is False
    assert [one["name"] for one in ada.get(f"/api/v1/{kind}/", {"is_active": "false"}).json()["results"]] == [
        "West wing"
    ]
    assert ada.delete(f"{here}closing/").json()["is_active"] is True


@pytest.mark.parametrize("kind", ["departments", "sites", "rooms"])
def test_a_name_is_given_once_and_has_80_letters_at_most(ada, kind):
    ada.post(f"/api/v1/{kind}/", {"name": "East wing"})
    taken = ada.post(f"/api/v1/{kind}/", {"name": "east WING"})
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "name")
    for wrong in ({}, {"name": " "}, {"name": "x" * 81}, {"name": None}, {"name": ["x"]}):
        answer = ada.post(f"/api/v1/{kind}/", wrong)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "name")


def test_a_change_leaves_out_what_it_does_not_name(ada):
    department = ada.post("/api/v1/departments/", {"name": "Physio", "position": 7}).json()
    site = ada.post("/api/v1/sites/", {"name": "Riverside", "address": "1 Quay"}).json()
    room = ada.post("/api/v1/rooms/", {"name": "Room 1", "department": department["id"], "site": site["id"]}).json()
    assert ada.patch(f"/api/v1/departments/{department['id']}/", {"name": "Rehab"}).json()["position"] == 7
    assert ada.patch(f"/api/v1/sites/{site['id']}/", {"name": "Quayside"}).json()["address"] == "1 Quay"
    assert ada.patch(f"/api/v1/rooms/{room['id']}/", {"name": "Room 2"}).json() == {**room, "name": "Room 2"}
    assert ada.patch(f"/api/v1/rooms/{room['id']}/", {"department": None}).json()["department"] is None


def test_no_room_goes_to_what_is_out_of_use_and_nothing_closes_that_is_needed(ada):
    department = ada.post("/api/v1/departments/", {"name": "Physio"}).json()["id"]
    ada.post(f"/api/v1/departments/{department}/closing/")
    refused = ada.post("/api/v1/rooms/", {"name": "Room 1", "department": department})
    assert (refused.status_code, refused.json()["code"], refused.json()["errors"][0]["field"]) == (
        409,
        "out_of_use",
        "department",
    )
    ada.delete(f"/api/v1/departments/{department}/closing/")
    room = ada.post("/api/v1/rooms/", {"name": "Room 1", "department": department}).json()["id"]
    ada.post(f"/api/v1/departments/{department}/closing/")
    assert ada.patch(f"/api/v1/rooms/{room}/", {"department": department, "name": "Room 2"}).status_code == 200
    ada.post("/api/v1/providers/", {"name": "Dr New", "room": room})
    needed = ada.post(f"/api/v1/rooms/{room}/closing/")
    assert (needed.status_code, needed.json()["code"]) == (409, "still_used")


def test_the_outsiders_places_are_not_there(riverside, lakeside, cast, ada):
    with lakeside.inside(by=cast.lena):
        theirs = add_department(name="Oncology", by=cast.lena, at=now())
        room = add_room(name="Vault", by=cast.lena, at=now())
    for address in (f"departments/{theirs.pk}", f"rooms/{room.pk}"):
        assert ada.get(f"/api/v1/{address}/").status_code == 404
        assert ada.patch(f"/api/v1/{address}/", {"name": "Mine"}).status_code == 404
        assert ada.post(f"/api/v1/{address}/closing/").status_code == 404
        assert ada.delete(f"/api/v1/{address}/closing/").status_code == 404
    assert ada.post("/api/v1/rooms/", {"name": "Room 1", "department": str(theirs.pk)}).status_code == 400
    with riverside.inside():
        assert not Department.objects.filter(name__in=("Oncology", "Mine")).exists()
