"""Comparing, merging and taking apart, as the desk and the clinic admin see it; and through the API."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.timezone import localtime

from apps.patients import merging, review
from apps.patients.models import DuplicatePair, Patient, PatientMerge
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import REGISTERED, PatientFactory


@pytest.fixture
def both(riverside: ClinicUnderTest, cast: Cast) -> tuple[Patient, Patient]:
    with riverside.inside(by=cast.ada):
        one = PatientFactory(by=cast.ada, phone="+91 98450 12345", notes="Fears needles")
        other = PatientFactory(by=cast.ada, given_name="Aasha", phone="+91 98450 12345", email="asha@mail.example")
        review.ask_for_all(at=REGISTERED)
        assert review.compare_step(at=REGISTERED)
    return one, other


def path(name: str, *args: Any) -> str:
    return reverse(f"patients:{name}", "hpms.urls", args=args)


def form_of(one: Patient, other: Patient, **more: str) -> dict[str, Any]:
    versions = {"survivor": one.pk, "survivor_version": one.version, "duplicate_version": other.version}
    return {**versions, "reason": "Registered twice", "take_given_name": "survivor", **more}


def test_the_list_shows_the_pair_and_why_and_front_desk_may_tell_them_apart(
    riverside: ClinicUnderTest, cast: Cast, web: Any, both: tuple[Patient, Patient]
) -> None:
    sara = web(riverside, cast.sara)
    page = sara.get(path("duplicates")).content.decode()
    assert "similar name" in page and "same date of birth" in page and "same phone" in page
    compared = sara.get(path("comparison", both[0].pk, both[1].pk)).content.decode()
    assert compared.count("differs</span>") == 3  # given name, e-mail, notes
    assert "Somebody who may merge records decides" in compared
    with riverside.inside():
        pair = DuplicatePair.objects.get()
    answer = sara.post(path("dismissal", pair.pk), follow=True).content.decode()
    assert "Noted: two people." in answer and "No likely duplicates" in answer
    assert "Sharma" in sara.get(path("duplicates") + "?show=dismissed").content.decode()
    assert "Back on the list." in sara.post(path("dismissal", pair.pk), {"undo": "yes"}, follow=True).content.decode()


def test_the_clinic_admin_merges_and_takes_apart(
    riverside: ClinicUnderTest, cast: Cast, web: Any, both: tuple[Patient, Patient]
) -> None:
    one, other = both
    ada = web(riverside, cast.ada)
    comparison = path("comparison", one.pk, other.pk)
    page = ada.get(comparison).content.decode()
    assert f"Merge {other.number} into {one.number}" in page
    wrong = ada.post(comparison, {**form_of(one, other), "reason": "", "take_email": "duplicate"})
    assert wrong.status_code == 400
    typed = form_of(one, other, take_email="duplicate", take_notes="survivor")
    answer = ada.post(comparison, typed, follow=True)
    assert answer.redirect_chain == [(path("patient", one.pk), 302)]
    assert f"{other.number} is merged into {one.number}." in answer.content.decode()
    assert "asha@mail.example" in answer.content.decode()
    again = ada.post(comparison, typed)
    assert again.status_code == 409
    assert f"{other.number} was merged into {one.number} already." in again.content.decode()

    old = ada.get(path("patient", other.pk), follow=True)
    assert old.redirect_chain == [(path("patient", one.pk), 302)]
    assert f"{other.number} was merged into this record" in old.content.decode()

    with riverside.inside(by=cast.ada):
        fact = PatientMerge.objects.get()
        PatientFactory(by=cast.ada)
    apart = ada.get(path("separation", fact.pk)).content.decode()
    assert "asha@mail.example" in apart and "Nothing was recorded since the merge." in apart
    assert ada.post(path("separation", fact.pk), {"reason": " "}).status_code == 400
    done = ada.post(path("separation", fact.pk), {"reason": "Two sisters"}, follow=True)
    assert f"{other.number} stands on its own again" in done.content.decode()
    assert ada.post(path("separation", fact.pk), {"reason": "Two sisters"}).status_code == 409


def test_who_took_records_apart_and_when_stands_on_both_of_them(
    riverside: ClinicUnderTest, cast: Cast, web: Any, both: tuple[Patient, Patient]
) -> None:
    one, other = both
    sara, queries = web(riverside, cast.sara), []
    sara.get(path("patient", one.pk))
    for round_ in range(3):
        with CaptureQueriesContext(connection) as asked:
            page = sara.get(path("patient", one.pk)).content.decode()
        queries.append(len(asked))
        assert page.count("Taken apart from ") == round_
        with riverside.inside(by=cast.ada):
            fact = merging.merge(one, other, reason="Registered twice", by=cast.ada, at=REGISTERED)
            merging.separate(fact, reason="Two sisters", by=cast.ada, at=REGISTERED + timedelta(days=2))
    assert len(set(queries)) == 1
    day = date_format(localtime(REGISTERED + timedelta(days=2), ZoneInfo("Asia/Kolkata")), "j M Y")
    for record, apart_from in ((one, other), (other, one)):
        page = " ".join(sara.get(path("patient", record.pk)).content.decode().split())
        assert f"Taken apart from {apart_from.number} on {day} by {cast.ada.full_name}" in page
        assert "Two sisters" in page
    undone = web(riverside, cast.ada).get(path("separation", fact.pk)).content.decode()
    assert f"by {cast.ada.full_name}" in undone and "Two sisters" in undone
    assert 'name="reason"' not in undone


def test_who_changed_a_record_meanwhile_is_not_overlooked(
    riverside: ClinicUnderTest, cast: Cast, web: Any, both: tuple[Patient, Patient]
) -> None:
    ada = web(riverside, cast.ada)
    stale = {**form_of(*both, take_email="survivor", take_notes="survivor"), "duplicate_version": 9}
    answer = ada.post(path("comparison", both[0].pk, both[1].pk), stale)
    assert answer.status_code == 409
    assert "Look at both again" in answer.content.decode()


def test_any_record_is_compared_by_its_number(
    riverside: ClinicUnderTest, cast: Cast, web: Any, both: tuple[Patient, Patient]
) -> None:
    with riverside.inside(by=cast.ada):
        stranger = PatientFactory(by=cast.ada, given_name="Zoya", birth_date=date(1950, 1, 1), sex="unknown")
    sara = web(riverside, cast.sara)
    here = path("likely", both[0].pk)
    assert both[1].number in sara.get(here).content.decode()
    answer = sara.get(here, {"number": stranger.number.lower()})
    assert answer.headers["Location"] == path("comparison", both[0].pk, stranger.pk)
    assert sara.get(here, {"number": "PAT-2099-00001"}).status_code == 400
    assert sara.get(here, {"number": both[0].number}).status_code == 400


@pytest.mark.parametrize("pairs", [1, 3])
def test_the_list_asks_as_much_for_three_pairs_as_for_one(
    riverside: ClinicUnderTest, cast: Cast, web: Any, pairs: int
) -> None:
    with riverside.inside(by=cast.ada):
        for number in range(pairs):
            people = [PatientFactory(by=cast.ada, given_name=f"Q{chr(97 + number)}", family_name="X") for _ in range(2)]
            first, second = sorted(person.pk for person in people)
            DuplicatePair.objects.create(one_id=first, other_id=second, points=100, found_at=REGISTERED)
    sara = web(riverside, cast.sara)
    sara.get(path("duplicates"))
    with CaptureQueriesContext(connection) as asked:
        assert sara.get(path("duplicates")).content.decode().count("Compare<span") == pairs
    assert len(asked) <= 15, [query["sql"][:90] for query in asked]


def test_the_api_merges_once_and_says_what_is_in_the_way(
    riverside: ClinicUnderTest, cast: Cast, api: Any, both: tuple[Patient, Patient]
) -> None:
    one, other = both
    ada = api(riverside, cast.ada)
    listed = ada.get("/api/v1/patients/duplicates/").json()
    assert len(listed["results"]) == 1
    wanted = {"duplicate": str(other.pk), "take": ["email"], "reason": "Twice"}
    where = f"/api/v1/patients/{one.pk}/merges/"
    key = {"Idempotency-Key": "once"}
    assert ada.post(where, {**wanted, "take": ["is_vip"]}).status_code == 400
    assert ada.post(where, {**wanted, "survivor_version": 1}).status_code == 400
    first = ada.post(where, wanted, headers=key)
    assert first.status_code == 201
    assert ada.post(where, wanted, headers=key).json() == first.json()
    refused = ada.post(where, wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "record_not_in_use")
    assert refused.json()["merged_into"] == str(one.pk)
    assert ada.get(f"/api/v1/patients/{other.pk}/").json()["merged_into"] == str(one.pk)
    undo = f"/api/v1/patients/merges/{first.json()['id']}/separation/"
    assert (first.json()["separated_at"], first.json()["separated_by"]) == (None, None)
    undone = ada.post(undo, {"reason": "No"}).json()
    assert (undone["is_undone"], undone["separated_by"]) == (True, str(cast.ada.pk))
    assert undone["separated_at"] > undone["merged_at"]
    assert ada.get(where).json() == [undone]
    assert ada.post(undo, {"reason": "No"}).status_code == 409


def test_the_outsider_cannot_merge_riversides_patients(
    riverside: ClinicUnderTest, cast: Cast, api: Any, lakeside: ClinicUnderTest, both: tuple[Patient, Patient]
) -> None:
    with lakeside.inside(by=cast.lena):
        own = PatientFactory(by=cast.lena)
    lena = api(lakeside, cast.lena)
    answer = lena.post(f"/api/v1/patients/{own.pk}/merges/", {"duplicate": str(both[0].pk), "reason": "Mine"})
    assert answer.status_code == 400
    assert (
        lena.post(f"/api/v1/patients/{both[0].pk}/merges/", {"duplicate": str(own.pk), "reason": "x"}).status_code
        == 404
    )


def test_nobody_is_told_apart_from_themselves(
    riverside: ClinicUnderTest, cast: Cast, web: Any, both: tuple[Patient, Patient]
) -> None:
    sara = web(riverside, cast.sara)
    answer = sara.post(path("told_apart", both[0].pk, both[0].pk), follow=True)
    assert "These are one record already." in answer.content.decode()
