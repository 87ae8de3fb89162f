"""Documents as they are kept: sealed on the disk, guarded in the database, opened after a new key, tidied up."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from apps.audit.models import AuditEvent
from apps.core.sealed_files import STRIDE
from apps.core.uploads import SealedUploadHandler
from apps.patients.documents import filing, kinds, vault
from apps.patients.models import Document, DocumentVersion, Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.filed import AT, asha, content_of, file, inside
from tests.patients.papers import SECRET, shelf, upload

__all__ = ["asha", "inside", "shelf"]
pytestmark = pytest.mark.usefixtures("shelf")


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
