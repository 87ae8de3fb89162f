"""Documents as staff see them: filed by form and by script, looked at, fetched, taken out of use."""

import http.client
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.patients.documents import filing
from apps.patients.models import Document, DocumentVersion, Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.papers import shelf, upload

__all__ = ["shelf"]
pytestmark = pytest.mark.usefixtures("shelf")
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def asha(riverside: ClinicUnderTest, cast: Cast) -> Patient:
    with riverside.inside(by=cast.ada):
        return PatientFactory(by=cast.ada)


@pytest.fixture
def report(riverside: ClinicUnderTest, cast: Cast, asha: Patient) -> Document:
    with riverside.inside(by=cast.sara):
        return filing.file_document(
            asha, upload=upload(name="Zucker – März.pdf"), title="Blood sugar", tags=["diabetes"], by=cast.sara, at=AT
        )


def path(name: str, *args: Any) -> str:
    return reverse(f"patients:{name}", "hpms.urls", args=args)


def test_several_files_are_filed_at_once(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    files = [upload(name="one.pdf"), upload(papers.png(), "two.png")]
    answer = web(riverside, cast.sara).post(
        path("documents", asha.pk), {"file": files, "category": "lab_report", "tags": "sugar, fasting"}, follow=True
    )
    page = answer.content.decode()
    assert "2 documents filed." in page
    with riverside.inside():
        found = {(one.title, one.category, tuple(one.tags)) for one in Document.objects.all()}
    assert found == {("one", "lab_report", ("sugar", "fasting")), ("two", "lab_report", ("sugar", "fasting"))}


def test_one_bad_file_does_not_hold_up_the_others_and_what_was_typed_stays(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    files = [upload(name="one.pdf"), upload(b"MZ\x90\0" * 9, "setup.pdf")]
    answer = web(riverside, cast.sara).post(
        path("documents", asha.pk), {"file": files, "category": "letter", "tags": "from home"}
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "setup.pdf: This kind of file is not kept here" in page
    assert 'value="from home"' in page
    assert "one" in page
    with riverside.inside():
        assert [one.title for one in Document.objects.all()] == ["one"]


def test_a_double_click_files_once_and_says_so(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    sara = web(riverside, cast.sara)
    said = {"category": "letter"}
    assert sara.post(path("documents", asha.pk), {**said, "file": upload()}).status_code == 302
    again = sara.post(path("documents", asha.pk), {**said, "file": upload()}, headers={"HX-Request": "true"})
    assert again.status_code == 400
    assert "This very file is kept already." in again.content.decode()
    with riverside.inside():
        assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({}, "Choose a file"), ({"category": "poem", "file": "f"}, "poem"), ({"dated_on": "31/31", "file": "f"}, "date")],
)
def test_what_is_wrong_is_told_beside_its_field(
    wrong: dict[str, Any], words: str, riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    if "file" in wrong:
        wrong = {**wrong, "file": upload()}
    answer = web(riverside, cast.sara).post(path("documents", asha.pk), {"category": "letter", **wrong})
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_a_form_of_another_site_files_nothing(riverside: ClinicUnderTest, cast: Cast, asha: Patient) -> None:
    stranger = Client(headers={"host": riverside.host}, enforce_csrf_checks=True)
    with riverside.inside(by=cast.sara):
        stranger.force_login(cast.sara)
    assert stranger.post(path("documents", asha.pk), {"file": upload(), "category": "letter"}).status_code == 403
    with riverside.inside():
        assert not Document.objects.exists()


def test_a_file_is_given_out_as_a_file_and_nothing_else(
    riverside: ClinicUnderTest, cast: Cast, web: Any, report: Document
) -> None:
    answer = web(riverside, cast.shah).get(path("document_file", report.pk, 1))
    assert b"".join(answer.streaming_content) == papers.pdf()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Length"] == str(len(papers.pdf()))
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Zucker%20%E2%80%93%20M%C3%A4rz.pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_a_preview_runs_nothing(riverside: ClinicUnderTest, cast: Cast, web: Any, report: Document) -> None:
    answer = web(riverside, cast.shah).get(path("document_preview", report.pk, 1))
    assert answer["Content-Disposition"].startswith("inline")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_every_look_is_written_down_under_the_document(
    riverside: ClinicUnderTest, cast: Cast, web: Any, report: Document, asha: Patient
) -> None:
    sara = web(riverside, cast.sara)
    sara.get(path("document", report.pk))
    sara.get(path("document_file", report.pk, 1))
    with riverside.inside():
        reads = AuditEvent.objects.filter(action="read", patient_id=asha.pk).values_list("table_name", flat=True)
        assert list(reads) == [f"document:{report.pk}"] * 2


def test_a_damaged_file_is_told_kindly(riverside: ClinicUnderTest, cast: Cast, web: Any, report: Document) -> None:
    [stored] = papers.on_disk(riverside)
    stored.write_bytes(stored.read_bytes()[:-3])
    answer = web(riverside, cast.sara).get(path("document_file", report.pk, 1))
    assert answer.status_code == 409
    assert "damaged or missing" in answer.content.decode()


def test_the_chart_shows_documents_and_the_list_narrows(
    riverside: ClinicUnderTest, cast: Cast, web: Any, report: Document, asha: Patient
) -> None:
    sara = web(riverside, cast.sara)
    assert "Blood sugar" in sara.get(path("patient", asha.pk)).content.decode()
    assert "Blood sugar" not in sara.get(path("documents", asha.pk) + "?category=letter").content.decode()
    token = report.tag_tokens[0]
    narrowed = sara.get(path("documents", asha.pk) + f"?tag={token}").content.decode()
    assert "Blood sugar" in narrowed
    assert f"?tag={token}" in narrowed
    assert "Blood sugar" not in sara.get(path("documents", asha.pk) + f"?tag={token + 1}").content.decode()
    sara.post(path("document_error", report.pk), {"reason": "Of another patient"})
    assert "Blood sugar" not in sara.get(path("documents", asha.pk)).content.decode()
    assert "Blood sugar" in sara.get(path("documents", asha.pk) + "?status=all").content.decode()


def test_a_new_version_and_its_refusal(riverside: ClinicUnderTest, cast: Cast, web: Any, report: Document) -> None:
    sara = web(riverside, cast.sara)
    refused = sara.post(path("document_versions", report.pk), {"file": upload(b"MZ\0" * 9, "x.pdf")})
    assert (refused.status_code, "is not kept here" in refused.content.decode()) == (400, True)
    page = sara.post(path("document_versions", report.pk), {"file": upload(papers.png(), "b.png")}, follow=True)
    assert "Version 2" in page.content.decode()


def test_lists_ask_the_same_however_long_they_are(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    sara, counts = web(riverside, cast.sara), []
    for shades in ((1,), (2, 3)):
        with riverside.inside(by=cast.sara):
            for shade in shades:
                document = filing.file_document(
                    asha, upload=upload(papers.png(shade), "a.png"), tags=["x"], by=cast.sara, at=AT
                )
                filing.add_version(document, upload=upload(papers.png(shade + 100), "b.png"), by=cast.sara, at=AT)
        sara.get(path("documents", asha.pk))
        with CaptureQueriesContext(connection) as asked:
            sara.get(path("documents", asha.pk))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_another_clinics_documents_are_not_there(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast, web: Any, report: Document, asha: Patient
) -> None:
    lena = web(lakeside, cast.lena)
    for address in (
        path("documents", asha.pk),
        path("document", report.pk),
        path("document_file", report.pk, 1),
        path("document_preview", report.pk, 1),
        path("document_shares", report.pk),
    ):
        assert lena.get(address).status_code == 404, address
    assert lena.post(path("document_versions", report.pk), {"file": upload()}).status_code == 404
    with riverside.inside():
        assert DocumentVersion.objects.count() == 1


def test_two_gigabytes_are_refused_before_they_are_read(house: Any, riverside: ClinicUnderTest) -> None:
    """A real server: it answers after the headers and the first few bytes of two thousand million."""
    from tests.cast import RIVERSIDE, people_of

    with riverside.inside():
        sara = people_of("riverside", {"sara": RIVERSIDE["sara"]})["sara"]
    with riverside.inside(by=sara):
        patient = PatientFactory(by=sara)
        client = Client(headers={"host": riverside.host})
        client.force_login(sara)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    for extra, kind in (({}, "text/html"), ({"HX-Request": "true"}, "text/html")):
        line = http.client.HTTPConnection("127.0.0.1", house.port, timeout=20)
        line.putrequest("POST", path("documents", patient.pk), skip_host=True)
        headers = {
            "Host": f"{riverside.host}:{house.port}",
            "Cookie": cookie,
            "Content-Type": "multipart/form-data; boundary=x",
            "Content-Length": str(2 * 1024**3),
            **extra,
        }
        for name, value in headers.items():
            line.putheader(name, value)
        line.endheaders(b"--x\r\nContent-Disposition: form-data; name=file; filename=big.pdf\r\n\r\n%PDF-1.4 ")
        answer = line.getresponse()
        assert (answer.status, answer.headers.get_content_type()) == (413, kind)
        assert "25 MB at most" in answer.read().decode()
        line.close()
