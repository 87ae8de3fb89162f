"""Documents: what is filed and what is refused, versioned, corrected, taken out of use."""

import io
import threading
import tracemalloc
import zipfile
from datetime import date
from typing import Any

import pytest
from django.db import connection

from apps.patients.documents import filing, kinds
from apps.patients.documents.kinds import BadFile
from apps.patients.merging import merge
from apps.patients.models import Document, DocumentVersion, Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.filed import AT, asha, content_of, file, inside
from tests.patients.papers import shelf, upload

__all__ = ["asha", "inside", "shelf"]
pytestmark = pytest.mark.usefixtures("shelf")


def test_a_document_is_filed_and_read_again(asha: Patient, cast: Cast) -> None:
    document = file(
        asha, cast.sara, title=" Blood  sugar ", category="lab_report", tags=["Diabetes", " diabetes ", "Fasting"]
    )
    version = document.versions.get()
    assert (document.title, document.category, document.tags) == ("Blood sugar", "lab_report", ["diabetes", "Fasting"])
    assert (document.dated_on, document.status) == (date(2026, 3, 2), "current")
    assert (version.n, version.file_name, version.media_type) == (1, "report.pdf", "application/pdf")
    assert version.size == len(papers.pdf())
    assert content_of(version) == papers.pdf()


def test_a_file_that_was_brought_again_meanwhile_does_not_come_back_beside_itself(asha: Patient, cast: Cast) -> None:
    wrong = filing.enter_in_error(file(asha, cast.sara), reason="Ravi's", by=cast.sara, at=AT)
    right = file(asha, cast.sara)
    with pytest.raises(filing.AlreadyFiled) as refusal:
        filing.reinstate(wrong, by=cast.sara, at=AT)
    assert refusal.value.document == right


def test_a_file_is_known_from_whichever_record_of_a_person(asha: Patient, cast: Cast) -> None:
    twin = PatientFactory(by=cast.ada, given_name="Aasha")
    kept = file(twin, cast.sara)
    merge(asha, twin, by=cast.ada, at=AT, reason="Registered twice")
    with pytest.raises(filing.AlreadyFiled) as refusal:
        file(asha, cast.sara)
    assert refusal.value.document == kept


def test_without_a_title_it_is_called_as_its_file(asha: Patient, cast: Cast) -> None:
    assert file(asha, cast.sara, name="Überweisung Dr. Rao.pdf").title == "Überweisung Dr. Rao"


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (papers.png(), "scan.png", "image/png"),
        (papers.jpeg(), "IMG_1.JPG", "image/jpeg"),
        (papers.webp(), "photo.webp", "image/webp"),
        (b"II*\0" + b"\0" * 60, "fax.tif", "image/tiff"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 60, "IMG.HEIC", "image/heic"),
        (b"\0" * 128 + b"DICM" + b"\0" * 60, "ct", "application/dicom"),
        ("Befund: unauffällig\n".encode(), "befund.txt", "text/plain"),
        (
            "Befund: unauffällig, Patientin fühlt sich größtenteils wohl.\n".encode("latin-1") * 5,
            "alt.txt",
            "text/plain",
        ),
        (papers.docx(), "letter.docx", kinds.DOCX.media_type),
        (papers.odt(), "letter.odt", kinds.ODT.media_type),
    ],
)
def test_the_content_says_what_kind_it_is(
    content: bytes, name: str, media_type: str, asha: Patient, cast: Cast
) -> None:
    version = file(asha, cast.sara, content, name).versions.get()
    assert version.media_type == media_type
    assert content_of(version) == content


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"MZ\x90\0" + b"\0" * 300, "report.pdf", "wrong_kind_of_file"),
        (b"<html><script>alert(1)</script></html>", "report.pdf", "wrong_kind_of_file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.txt", "wrong_kind_of_file"),
        (b"#!/bin/sh\nrm -rf /\n", "notes.txt", "wrong_kind_of_file"),
        (papers.archive(), "papers.zip", "wrong_kind_of_file"),
        (papers.docx(macros=True), "letter.docx", "wrong_kind_of_file"),
        (papers.png() + papers.archive(), "scan.png", "file_incomplete"),
        (papers.jpeg() + papers.archive(), "scan.jpg", "wrong_kind_of_file"),
        (papers.pdf() + papers.archive(), "scan.pdf", "wrong_kind_of_file"),
        (b"\xff\xd8\xff<script>" + b"\x11" * 100 + b"\xff\xd9", "scan.jpg", "wrong_kind_of_file"),
        (papers.jpeg()[:20] + papers.pdf() + b"\xff\xd9", "scan.jpg", "wrong_kind_of_file"),
        (papers.pdf()[:-30], "cut.pdf", "file_incomplete"),
        (papers.png()[:-3], "cut.png", "file_incomplete"),
        (papers.png(), "scan.pdf", "name_does_not_fit"),
        (papers.pdf(), "report.exe.pdf", "bad_name"),
        (papers.pdf(), "report.pdf.scr", "bad_name"),
        (papers.pdf(), "r" * 250 + ".pdf", "name_too_long"),
    ],
)
def test_what_is_no_document_is_refused(
    content: bytes, name: str, code: str, riverside: ClinicUnderTest, asha: Patient, cast: Cast
) -> None:
    before = papers.on_disk(riverside)
    with pytest.raises(BadFile) as refusal:
        file(asha, cast.sara, content, name)
    assert (refusal.value.code, refusal.value.field) == (code, "file")
    assert papers.on_disk(riverside) == before
    assert not Document.objects.exists()


def test_an_empty_and_a_huge_file_are_refused(asha: Patient, cast: Cast, settings: Any) -> None:
    empty = upload()
    empty.size = 0
    with pytest.raises(BadFile, match="empty"):
        filing.file_document(asha, upload=empty, by=cast.sara, at=AT)
    settings.HPMS_LARGEST_DOCUMENT = 1024 * 1024
    with pytest.raises(BadFile, match="1 MB at most"):
        file(asha, cast.sara, papers.pdf(pages=40_000))


@pytest.mark.parametrize(
    "content",
    [
        papers.odt(packed=32 * 1024 * 1024, compression=zipfile.ZIP_DEFLATED),
        papers.odt(packed=32 * 1024 * 1024, compression=zipfile.ZIP_BZIP2),
        papers.crowded(50_000),
    ],
    ids=["much in little", "more in less", "a long directory"],
)
def test_a_small_archive_takes_no_large_memory(content: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(kinds.WrongKind):
            kinds.kind_of(io.BytesIO(content), "letter.odt")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 4 * 1024 * 1024, f"{len(content)} bytes took {most}"


def test_a_name_cannot_turn_itself_round() -> None:
    assert kinds.tidy_name("C:\\scans\\..\\inv\u202efdp.ecnatsni\x07 .pdf") == "invfdp.ecnatsni .pdf"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "x" * 151}, "title"),
        ({"category": "poem"}, "category"),
        ({"tags": ["x" * 31]}, "tags"),
        ({"tags": [str(n) for n in range(13)]}, "tags"),
        ({"dated_on": date(2026, 3, 3)}, "dated_on"),
        ({"dated_on": date(1826, 3, 3)}, "dated_on"),
    ],
)
def test_nonsense_is_refused_beside_its_field(wrong: dict[str, Any], field: str, asha: Patient, cast: Cast) -> None:
    with pytest.raises(filing.BadDocument) as refusal:
        file(asha, cast.sara, **wrong)
    assert refusal.value.field == field


def test_the_same_file_is_not_filed_twice_for_a_patient(asha: Patient, cast: Cast) -> None:
    first = file(asha, cast.sara)
    with pytest.raises(filing.AlreadyFiled) as refusal:
        file(asha, cast.sara, name="again.pdf")
    assert refusal.value.document == first
    file(PatientFactory(given_name="Ravi"), cast.sara)
    filing.enter_in_error(first, reason="Wrong", by=cast.sara, at=AT)
    file(asha, cast.sara)


def test_newer_versions_stand_beside_older_ones(asha: Patient, cast: Cast) -> None:
    document = file(asha, cast.sara)
    filing.add_version(document, upload=upload(papers.png(), "better.png"), by=cast.nia, at=AT)
    [shown] = Document.objects.of_patient(asha).with_versions()
    assert [(one.n, one.uploaded_by) for one in shown.versions.all()] == [(2, cast.nia), (1, cast.sara)]
    assert shown.newest.media_type == "image/png"
    assert content_of(shown.versions.all()[1]) == papers.pdf()


def test_a_document_goes_out_of_use_and_comes_back(asha: Patient, cast: Cast) -> None:
    document = file(asha, cast.sara)
    with pytest.raises(filing.ReasonMissing):
        filing.enter_in_error(document, reason="  ", by=cast.sara, at=AT)
    filing.supersede(document, by=cast.sara, at=AT)
    with pytest.raises(filing.NotCurrent):
        filing.add_version(document, upload=upload(papers.png(), "a.png"), by=cast.sara, at=AT)
    wrong = filing.enter_in_error(document, reason="Of another patient", by=cast.sara, at=AT)
    assert (wrong.status, wrong.status_reason, wrong.status_by) == ("entered-in-error", "Of another patient", cast.sara)
    assert not Document.objects.of_patient(asha).shown().exists()
    assert filing.reinstate(document, by=cast.sara, at=AT).is_current
    with pytest.raises(filing.AlreadyCurrent):
        filing.reinstate(document, by=cast.sara, at=AT)


def test_two_who_bring_a_version_at_once_both_keep_it(throw_away: str, riverside: ClinicUnderTest, cast: Cast) -> None:
    with riverside.inside(by=cast.sara):
        document = file(PatientFactory(by=cast.ada), cast.sara)
    barrier = threading.Barrier(6)

    def bring(shade: int) -> None:
        try:
            barrier.wait()
            with riverside.inside(by=cast.sara):
                filing.add_version(document, upload=upload(papers.png(shade), "a.png"), by=cast.sara, at=AT)
        finally:
            connection.close()

    threads = [threading.Thread(target=bring, args=(shade,)) for shade in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with riverside.inside():
        versions = DocumentVersion.objects.order_by("n")
        assert [version.n for version in versions] == [1, 2, 3, 4, 5, 6, 7]
        for version in versions:
            content_of(version)
