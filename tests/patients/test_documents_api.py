"""Documents and cards through the API."""

from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.patients.models import Document, Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.papers import shelf, upload

__all__ = ["shelf"]
pytestmark = pytest.mark.usefixtures("shelf")


@pytest.fixture
def asha(riverside: ClinicUnderTest, cast: Cast) -> Patient:
    with riverside.inside(by=cast.ada):
        return PatientFactory(by=cast.ada)


def file(caller: Any, patient: Patient, content: bytes = b"", name: str = "report.pdf", **more: Any) -> Any:
    headers = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
    body = {"file": upload(content, name), **more}
    return caller.post(f"/api/v1/patients/{patient.pk}/documents/", body, format="multipart", headers=headers)


def test_a_document_from_filing_to_entered_in_error(
    riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient
) -> None:
    sara = api(riverside, cast.sara)
    filed = file(sara, asha, title="Blood sugar", category="lab_report", tags=["diabetes", "fasting"])
    assert filed.status_code == 201, filed.content
    pk = filed.data["id"]
    assert filed.data["tags"] == ["diabetes", "fasting"]
    assert [version["media_type"] for version in filed.data["versions"]] == ["application/pdf"]
    newer = sara.post(f"/api/v1/documents/{pk}/versions/", {"file": upload(papers.png(), "b.png")}, format="multipart")
    assert (newer.status_code, newer.data["n"]) == (201, 2)
    content = sara.get(f"/api/v1/documents/{pk}/versions/1/file/")
    assert b"".join(content.streaming_content) == papers.pdf()
    assert sara.patch(f"/api/v1/documents/{pk}/", {"title": "Sugar"}).data["title"] == "Sugar"
    listed = sara.get(f"/api/v1/patients/{asha.pk}/documents/?category=lab_report").data["results"]
    assert [(one["title"], len(one["versions"])) for one in listed] == [("Sugar", 2)]
    assert sara.put(f"/api/v1/documents/{pk}/status/", {"status": "entered-in-error"}).status_code == 400
    wrong = sara.put(f"/api/v1/documents/{pk}/status/", {"status": "entered-in-error", "reason": "Not hers"})
    assert (wrong.data["status"], wrong.data["status_reason"]) == ("entered-in-error", "Not hers")
    assert sara.put(f"/api/v1/documents/{pk}/status/", {"status": "current"}).data["status"] == "current"
    with riverside.inside():
        reads = AuditEvent.objects.filter(action="read", patient_id=asha.pk).values_list("table_name", flat=True)
        assert f"document:{pk}" in set(reads)


def test_refusals_name_the_field_and_what_is_in_the_way(
    riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient
) -> None:
    sara = api(riverside, cast.sara)
    refused = file(sara, asha, b"MZ\0\0" * 40, "setup.pdf")
    assert (refused.status_code, refused.data["code"]) == (400, "wrong_kind_of_file")
    assert refused.data["errors"][0]["field"] == "file"
    missing = sara.post(f"/api/v1/patients/{asha.pk}/documents/", {"title": "x"}, format="multipart")
    assert [error["field"] for error in missing.data["errors"]] == ["file"]
    first = file(sara, asha)
    twin = file(sara, asha, name="again.pdf")
    assert (twin.status_code, twin.data["code"], twin.data["document"]) == (409, "already_filed", first.data["id"])


def test_a_repeat_with_the_same_key_gets_the_first_answer(
    riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient
) -> None:
    sara = api(riverside, cast.sara)
    answers = [file(sara, asha, key="click") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].data["id"] == answers[1].data["id"]
    with riverside.inside():
        assert Document.objects.count() == 1


def test_what_is_too_large_is_refused_unread(
    riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient, settings: Any
) -> None:
    settings.HPMS_LARGEST_REQUEST = 100
    refused = file(api(riverside, cast.sara), asha)
    assert (refused.status_code, refused.data["code"]) == (413, "too_large")


def test_a_share_tells_its_link_once_and_is_taken_back(
    riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient
) -> None:
    sara = api(riverside, cast.sara)
    pk = file(sara, asha).data["id"]
    made = sara.post(f"/api/v1/documents/{pk}/shares/", {"recipient": "Dr Mehta"})
    assert made.status_code == 201
    assert "/shared/#" in made.data["link"]
    assert len(made.data["pin"]) == 6
    [listed] = sara.get(f"/api/v1/documents/{pk}/shares/").data["results"]
    assert (listed["recipient"], listed["has_pin"], listed["is_over"]) == ("Dr Mehta", True, False)
    assert "link" not in listed
    address = f"/api/v1/document-shares/{listed['id']}/"
    assert [sara.delete(address).status_code for _ in range(2)] == [204, 409]
    bad = sara.post(f"/api/v1/documents/{pk}/shares/", {"recipient": "Dr Mehta", "days": 400})
    assert [error["field"] for error in bad.data["errors"]] == ["days"]


def test_cards_are_issued_and_replaced(riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient) -> None:
    sara = api(riverside, cast.sara)
    address = f"/api/v1/patients/{asha.pk}/cards/"
    first = sara.post(address, {})
    assert (first.status_code, first.data["reason"]) == (201, "first")
    assert sara.post(address, {}).status_code == 409
    second = sara.post(address, {"reason": "lost", "replaces": first.data["id"]})
    assert second.status_code == 201
    assert [one["voided_at"] is None for one in sara.get(address).data["results"]].count(True) == 1
    pdf = sara.get(f"/api/v1/cards/{second.data['id']}/pdf/")
    assert pdf.content.startswith(b"%PDF")
    assert sara.get(f"/api/v1/cards/{first.data['id']}/pdf/").status_code == 409


def test_the_outsider_finds_nothing(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient
) -> None:
    pk = file(api(riverside, cast.sara), asha).data["id"]
    lena = api(lakeside, cast.lena)
    for address in (f"patients/{asha.pk}/documents/", f"documents/{pk}/", f"documents/{pk}/versions/1/file/"):
        assert lena.get(f"/api/v1/{address}").status_code == 404, address
    assert file(lena, asha).status_code == 404
