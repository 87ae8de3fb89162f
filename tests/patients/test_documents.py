"""Documents: filed, versioned, corrected, taken out of use; and what lies on the disk."""

import io
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db import connection as db

from apps.audit.models import AuditEvent
from apps.core.sealed_files import STRIDE
from apps.core.uploads import SealedUploadHandler
from apps.patients.documents import filing, kinds, vault
from apps.patients.documents.kinds import BadFile
from apps.patients.models import Document, DocumentVersion, Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.papers import SECRET, shelf, upload

__all__ = ["shelf"]
pytestmark = pytest.mark.usefixtures("shelf")
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def inside(riverside: ClinicUnderTest, cast: Cast) -> Any:
    with riverside.inside(by=cast.sara):
        yield


@pytest.fixture
def asha(inside: None, cast: Cast) -> Patient:
    return PatientFactory(by=cast.ada)


def file(patient: Patient, by: Any, content: bytes = b"", name: str = "report.pdf", **more: Any) -> Document:
    return filing.file_document(patient, upload=upload(content, name), by=by, at=AT, **more)


def content_of(version: DocumentVersion) -> bytes:
    with vault.opened(version) as opened:
        return b"".join(opened.chunks())


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


def test_without_a_title_it_is_called_as_its_file(asha: Patient, cast: Cast) -> None:
    assert file(asha, cast.sara, name="Überweisung Dr. Rao.pdf").title == "Überweisung Dr. Rao"


def test_the_disk_holds_noise(riverside: ClinicUnderTest, asha: Patient, cast: Cast) -> None:
    file(asha, cast.sara, papers.pdf(pages=4000), name="sugar.pdf", title="Diabetes follow-up")
    [stored] = papers.on_disk(riverside)
    data = stored.read_bytes()
    assert len(data) > 2 * STRIDE
    for words in (SECRET, b"Asha", b"%PDF", b"Helvetica", b"sugar", b"Diabetes"):
        assert words not in data
    assert stored.stat().st_mode & 0o077 == 0


def test_a_stolen_database_tells_neither_name_nor_checksum(asha: Patient, cast: Cast) -> None:
    version = file(asha, cast.sara, name="hiv-result.pdf", title="HIV result", tags=["HIV"]).versions.get()
    rows = []
    with connection.cursor() as cursor:
        for table in ("patients_document", "patients_documentversion", "audit_event"):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            rows += [row for (row,) in cursor.fetchall()]
    everything = " ".join(rows).lower()
    assert "hiv" not in everything
    assert version.sha256 not in everything
    assert version.sha256.encode().hex() not in everything
    assert "[not kept]" in everything  # the file's key in the trail


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


# --- tampering -------------------------------------------------------------------------------------------------------


def damage(clinic: ClinicUnderTest, version: DocumentVersion, change: Any) -> None:
    [place] = [path for path in papers.on_disk(clinic) if path.name == version.storage_name]
    place.write_bytes(change(place.read_bytes()))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data[: -len(data) // 2],
        lambda data: b"",
        lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:],
        lambda data: data + b"\0",
    ],
    ids=["cut by one", "cut in half", "emptied", "one bit", "longer"],
)
def test_a_damaged_file_is_not_given_out(change: Any, riverside: ClinicUnderTest, asha: Patient, cast: Cast) -> None:
    version = file(asha, cast.sara, papers.pdf(pages=4000)).versions.get()
    damage(riverside, version, change)
    with pytest.raises(vault.FileDamaged):
        vault.opened(version)


def test_files_swapped_between_versions_or_clinics_are_not_given_out(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast
) -> None:
    with riverside.inside(by=cast.sara):
        asha = PatientFactory(by=cast.ada)
        document = file(asha, cast.sara)
        first = document.versions.get()
        second = filing.add_version(document, upload=upload(papers.png(), "b.png"), by=cast.sara, at=AT)
    with lakeside.inside(by=cast.lena):
        theirs = file(PatientFactory(by=cast.lena), cast.lena, papers.pdf(b"Olivia's secret")).versions.get()
    by_name = {path.name: path for path in papers.on_disk(riverside)}
    kept = {name: path.read_bytes() for name, path in by_name.items()}
    by_name[first.storage_name].write_bytes(kept[second.storage_name])
    [foreign] = papers.on_disk(lakeside)
    by_name[second.storage_name].write_bytes(foreign.read_bytes())
    with riverside.inside(by=cast.sara):
        for version in (first, second):
            with pytest.raises(vault.FileDamaged):
                vault.opened(version)
        # Even with Lakeside's row and file in hand, Riverside's keys open neither.
        with pytest.raises(Exception, match=r"damaged|belongs elsewhere"):
            vault.opened(
                DocumentVersion(**{f.attname: theirs.__dict__[f.attname] for f in theirs._meta.concrete_fields})
            )


# --- the database's own guards ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM patients_document",
        "DELETE FROM patients_documentversion",
        "TRUNCATE patients_document CASCADE",
        "UPDATE patients_document SET filed_at = now()",
        "UPDATE patients_document SET patient_id = gen_random_uuid()",
        "UPDATE patients_document SET status = 'entered-in-error', status_at = now(), status_by_id = filed_by_id",
        "UPDATE patients_document SET status = 'superseded'",
        "UPDATE patients_document SET title = ''",
        "UPDATE patients_documentversion SET size = size + 1",
        "UPDATE patients_documentversion SET storage_name = 'elsewhere'",
        "UPDATE patients_documentversion SET media_type = 'text/html'",
        "UPDATE patients_documentversion SET wrapped = sha256",
        "UPDATE patients_documentversion SET n = 7",
        "UPDATE patients_documentversion SET scan = 'fine'",
        "INSERT INTO patients_documentversion SELECT * FROM patients_documentversion",
    ],
)
def test_raw_sql_cannot_undo_what_was_filed(attack: str, asha: Patient, cast: Cast) -> None:
    file(asha, cast.sara)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert Document.objects.get().versions.count() == 1


def test_an_infected_file_stays_infected(asha: Patient, cast: Cast) -> None:
    file(asha, cast.sara)
    DocumentVersion.objects.update(scan="infected")
    with pytest.raises(DatabaseError), transaction.atomic():
        DocumentVersion.objects.update(scan="clean")


def test_a_version_belongs_to_its_documents_patient_and_comes_in_turn(asha: Patient, cast: Cast) -> None:
    version = file(asha, cast.sara).versions.get()
    for change in ({"n": 3}, {"n": 2, "patient_id": PatientFactory(given_name="Ravi").pk}):
        other = DocumentVersion(
            **{"n": 2, "patient_id": asha.pk, **change},
            document=version.document,
            file_name="x",
            media_type="x",
            size=1,
            sha256="x",
            digest_hash=b"x" * 32,
            storage_name="x",
            wrapped="x",
            uploaded_by=cast.sara,
            uploaded_at=AT,
        )
        with pytest.raises(DatabaseError), transaction.atomic():
            other.save()


# --- keys, the trail, the clean-up -----------------------------------------------------------------------------------


def test_documents_open_after_the_key_was_replaced(riverside: ClinicUnderTest, cast: Cast, monkeypatch: Any) -> None:
    with riverside.inside(by=cast.sara):
        version = file(PatientFactory(by=cast.ada), cast.sara).versions.get()
    monkeypatch.setattr("apps.core.rotation.CACHE_SECONDS", 0)
    call_command("rotate_keys", "--clinic", "riverside", stdout=io.StringIO())
    with riverside.inside(by=cast.sara):
        fresh = DocumentVersion.objects.get(pk=version.pk)
        sealed = DocumentVersion.objects.values_list("wrapped", "file_name").get(pk=version.pk)
        assert [one.data[1:3] for one in sealed] == [b"\0\2", b"\0\2"]
        assert content_of(fresh) == papers.pdf()


def test_the_trail_files_a_document_under_its_patient(asha: Patient, cast: Cast) -> None:
    file(asha, cast.sara)
    events = AuditEvent.objects.filter(patient_id=asha.pk, action="create")
    assert {event.table_name for event in events} >= {"patients_document", "patients_documentversion"}


def tidied() -> str:
    out = io.StringIO()
    call_command("tidy_documents", stdout=out)
    return out.getvalue()


def test_a_filing_that_was_rolled_back_leaves_an_orphan_that_is_tidied_up(
    riverside: ClinicUnderTest, cast: Cast, monkeypatch: Any
) -> None:
    with riverside.inside(by=cast.sara):
        asha = PatientFactory(by=cast.ada)
        kept = file(asha, cast.sara).versions.get()
        with transaction.atomic():
            file(asha, cast.sara, papers.png(), "lost.png")
            transaction.set_rollback(True)
    assert len(papers.on_disk(riverside)) == 2
    assert "riverside: 0 removed, 0 missing" in tidied()
    monkeypatch.setattr("apps.patients.documents.tidying.GRACE", timedelta(seconds=-60))
    assert "riverside: 1 removed, 0 missing" in tidied()
    assert [path.name for path in papers.on_disk(riverside)] == [kept.storage_name]


def test_a_document_that_lost_its_file_is_told(riverside: ClinicUnderTest, cast: Cast) -> None:
    with riverside.inside(by=cast.sara):
        file(PatientFactory(by=cast.ada), cast.sara)
    papers.on_disk(riverside)[0].unlink()
    with pytest.raises(CommandError, match="1 file"):
        tidied()


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
            db.close()

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


def test_a_large_upload_is_never_on_the_disk_as_it_is() -> None:
    """What Django would spill into the temporary folder is sealed with a key that lives in memory only."""
    content = papers.pdf(pages=60_000)
    handler = SealedUploadHandler()
    handler.new_file("file", "big.pdf", "application/pdf", len(content))
    for start in range(0, len(content), 64 * 1024):
        handler.receive_data_chunk(content[start : start + 64 * 1024], start)
    upload = handler.file_complete(len(content))
    handler.spool.seek(0)
    assert SECRET not in handler.spool.read()
    assert upload.read() == content
    assert not hasattr(upload, "temporary_file_path")
    assert kinds.kind_of(upload.file, "big.pdf") is kinds.PDF
