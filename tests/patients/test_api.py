"""Patients through the API."""

from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.patients.models import Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory

PATIENTS = "/api/v1/patients/"
ASHA = {"given_name": "Asha", "family_name": "Sharma", "birth_date": "1984-03-12", "phone": "98450 12345"}


@pytest.fixture
def asha(riverside: ClinicUnderTest, cast: Cast) -> Patient:
    with riverside.inside(by=cast.ada):
        return PatientFactory(by=cast.ada, phone="+91 98450 12345", notes="Fears needles")


def test_register_read_amend_deactivate_restore(riverside: ClinicUnderTest, cast: Cast, api: Any) -> None:
    sara, ada = api(riverside, cast.sara), api(riverside, cast.ada)
    made = sara.post(PATIENTS, ASHA)
    assert made.status_code == 201
    patient = made.json()
    assert (patient["tenant_id"], patient["full_name"], patient["version"]) == (str(riverside.id), "Asha Sharma", 1)
    address = f"{PATIENTS}{patient['id']}/"
    assert sara.get(address).json() == patient
    amended = sara.patch(address, {"city": "Mysuru", "version": 1}).json()
    assert (amended["city"], amended["version"]) == ("Mysuru", 2)
    late = sara.patch(address, {"city": "Hassan", "version": 1})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    gone = ada.post(f"{address}deactivation/", {"reason": "Moved away"}).json()
    assert (gone["is_active"], gone["deactivated_reason"]) == (False, "Moved away")
    assert ada.post(f"{address}deactivation/", {"reason": "again"}).status_code == 409
    assert ada.delete(f"{address}deactivation/").json()["is_active"] is True
    assert ada.delete(f"{address}deactivation/").status_code == 409
    assert ada.delete(address).status_code == 405


def test_a_likely_duplicate_is_409_until_it_is_confirmed(
    riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient
) -> None:
    sara = api(riverside, cast.sara)
    answer = sara.post(PATIENTS, ASHA)
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    body = answer.json()
    assert (body["code"], [one["id"] for one in body["duplicates"]]) == ("likely_duplicate", [str(asha.pk)])
    assert "same name" in body["duplicates"][0]["reasons"]
    assert sara.post(PATIENTS, {**ASHA, "confirm_not_duplicate": True}).status_code == 201


def test_a_repeated_request_registers_once(riverside: ClinicUnderTest, cast: Cast, api: Any) -> None:
    sara = api(riverside, cast.sara)
    first, second = (sara.post(PATIENTS, ASHA, headers={"Idempotency-Key": "abc"}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    with riverside.inside():
        assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"given_name"}),
        ({"given_name": ""}, {"given_name"}),
        ({"given_name": "Asha", "sex": "f"}, {"sex"}),
        ({"given_name": "Asha", "phone": "x", "is_blocked": True}, {"phone", "blocked_reason"}),
        ({"given_name": "Asha", "birth_date": "1984-02-31"}, {"birth_date"}),
        ({"given_name": "Asha", "birth_date": "2984-02-01"}, {"birth_date"}),
        ({"given_name": "Asha", "birth_date": "1984-02-01", "age": 42}, {"birth_date"}),
        ({"given_name": "Asha", "age": 200}, {"age"}),
        ({"given_name": "Asha", "number": "PAT-2026-99999", "tenant_id": "x"}, {"number", "tenant_id"}),
        ({"given_name": {"a": 1}}, {"given_name"}),
        ([], {""}),
    ],
)
def test_wrong_input_is_400_with_the_paths_of_its_fields(
    riverside: ClinicUnderTest, cast: Cast, api: Any, body: Any, fields: set[str]
) -> None:
    answer = api(riverside, cast.sara).post(PATIENTS, body)
    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == fields


def test_malformed_json_is_400(riverside: ClinicUnderTest, cast: Cast, api: Any) -> None:
    assert api(riverside, cast.sara).generic("POST", PATIENTS, b"{", content_type="application/json").status_code == 400


def test_flags_need_their_permission(riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient) -> None:
    answer = api(riverside, cast.nia).patch(f"{PATIENTS}{asha.pk}/", {"is_vip": True})
    assert answer.status_code == 403
    assert api(riverside, cast.sara).patch(f"{PATIENTS}{asha.pk}/", {"is_vip": True}).status_code == 200


def test_lists_are_paged_filtered_and_traced(riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient) -> None:
    with riverside.inside():
        vip = PatientFactory(given_name="Ravi", is_vip=True)
    sara = api(riverside, cast.sara)
    everybody = sara.get(PATIENTS, {"page_size": 1}).json()
    assert (everybody["count"], len(everybody["results"])) == (2, 1)
    assert [one["id"] for one in sara.get(PATIENTS, {"is_vip": "true"}).json()["results"]] == [str(vip.pk)]
    assert [one["id"] for one in sara.get(PATIENTS, {"number": asha.number}).json()["results"]] == [str(asha.pk)]
    assert "notes" not in everybody["results"][0]
    with riverside.inside():
        assert AuditEvent.objects.filter(action="read", table_name="list").count() == 3


def test_people_are_searched_by_post(riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient) -> None:
    sara = api(riverside, cast.sara)
    found = sara.post(f"{PATIENTS}search/", {"text": "asha 12/3/1984"}).json()["results"]
    assert [one["id"] for one in found] == [str(asha.pk)]
    assert sara.get(f"{PATIENTS}search/").status_code == 405
    assert sara.post(f"{PATIENTS}search/", {"text": "x" * 500}).status_code == 400


def test_the_outsiders_patient_is_404(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast, api: Any
) -> None:
    with lakeside.inside(by=cast.lena):
        olivia = PatientFactory(by=cast.lena, given_name="Olivia", family_name="Outsider")
    ada = api(riverside, cast.ada)
    address = f"{PATIENTS}{olivia.pk}/"
    assert ada.get(address).status_code == 404
    assert ada.patch(address, {"city": "x"}).status_code == 404
    assert ada.post(f"{address}deactivation/", {"reason": "x"}).status_code == 404
    assert ada.post(f"{PATIENTS}search/", {"text": "olivia"}).json()["results"] == []
    assert ada.get(PATIENTS).json()["count"] == 0


def test_reading_a_list_is_a_steady_number_of_queries(
    riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    sara = api(riverside, cast.sara)
    sara.get(PATIENTS)
    with CaptureQueriesContext(connection) as one:
        sara.get(PATIENTS)
    with riverside.inside():
        PatientFactory.create_batch(2)
    with CaptureQueriesContext(connection) as three:
        assert sara.get(PATIENTS).json()["count"] == 3
    assert len(one) == len(three)
