"""What stands on the door, and who works behind it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.clinic import places, profile, providers
from apps.clinic.models import ClinicProfile, Provider
from apps.clinic.places import NameTaken, StillUsed
from apps.clinic.profile import AlreadySetUp, BadProfile, CurrencyIsFixed
from apps.clinic.providers import BadProvider, UserTaken
from apps.core.clock import now


@pytest.fixture
def ada(riverside: Any, cast: Any) -> Any:
    with riverside.inside(by=cast.ada):
        yield cast.ada


def test_an_opened_clinic_knows_its_clock_and_money(ada: Any) -> None:
    clinic = profile.current()
    assert (clinic.timezone, clinic.zone.key, clinic.currency_info.decimals) == ("Asia/Kolkata", "Asia/Kolkata", 2)
    before = len(connection.queries_log)
    assert profile.current() is clinic
    assert len(connection.queries_log) == before


def test_the_profile_is_amended_and_read_anew(ada: Any) -> None:
    profile.amend(by=ada, at=now(), name="  Riverside Health ", email="desk@riverside.example")
    assert profile.current().name == "Riverside Health"


def test_of_two_who_give_one_name_at_one_moment_the_second_is_told(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    places.add_room(by=ada, at=now(), name="Room of two")
    other = places.add_room(by=ada, at=now(), name="Another room")
    monkeypatch.setattr(places, "_free_name", lambda kind, name, **_besides: name)  # the other came in between
    for second in (
        lambda: places.add_room(by=ada, at=now(), name="Room of Two"),
        lambda: places.amend_room(other, by=ada, at=now(), name="Room of Two"),
    ):
        with pytest.raises(NameTaken):
            second()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"email": "nobody"}, "email"),
        ({"phone": "1" * 41}, "phone"),
        ({"locale": ""}, "locale"),
    ],
)
def test_nonsense_is_refused(ada: Any, change: dict[str, str], field: str) -> None:
    with pytest.raises(BadProfile) as refused:
        profile.amend(by=ada, at=now(), **change)
    assert refused.value.field == field


def test_the_currency_stays_and_there_is_one_profile(ada: Any) -> None:
    with pytest.raises(CurrencyIsFixed):
        profile.amend(by=ada, at=now(), currency="USD")
    with pytest.raises(AlreadySetUp):
        profile.set_up(by=ada, at=now(), name="Second", timezone="UTC", currency="USD")
    for only in (True, False):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClinicProfile.objects.create(name="Second", timezone="UTC", currency="USD", locale="en", only=only)


def test_one_member_of_staff_is_one_provider(ada: Any, cast: Any) -> None:
    first = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, by=ada, at=now())
    second = providers.add_provider(name="Dr Bela Sen", by=ada, at=now())
    assert first.colour != second.colour
    with pytest.raises(UserTaken):
        providers.amend_provider(second, user=cast.shah, by=ada, at=now())
    with pytest.raises(BadProvider):
        providers.amend_provider(second, name=" ", by=ada, at=now())
    providers.deactivate_provider(first, by=ada, at=now())
    assert list(Provider.objects.filter(is_active=True)) == [second]
    assert providers.restore_provider(first, by=ada, at=now()).is_active


def test_places_keep_their_names_apart_and_close_when_empty(ada: Any) -> None:
    physio = places.add_department(name="Physiotherapy", by=ada, at=now())
    room = places.add_room(name="Room 1", department=physio, by=ada, at=now())
    with pytest.raises(NameTaken):
        places.add_department(name="PHYSIOTHERAPY", by=ada, at=now())
    provider = providers.add_provider(name="Dr Sen", department=physio, room=room, by=ada, at=now())
    for place in (physio, room):
        with pytest.raises(StillUsed):
            places.close(place, by=ada, at=now())
    providers.amend_provider(provider, department=None, room=None, by=ada, at=now())
    assert not places.close(physio, by=ada, at=now()).is_active
    assert not places.close(room, by=ada, at=now()).is_active
    physio.refresh_from_db()
    with pytest.raises(BadProvider):
        providers.amend_provider(provider, department=physio, by=ada, at=now())
