"""Patients as a file: nobody's formula, everybody's letters, and back again."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.patients import merging, registration
from apps.patients.files import columns, exporting, importing, steps
from apps.patients.models import Patient, PatientExport
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory

AT = datetime(2026, 5, 11, 6, 30, tzinfo=UTC)
ALL = ("number", *columns.DETAILS)


def text_of(**more: Any) -> str:
    options = {"fields": ALL, "chosen": {}, "at": AT, **more}
    return b"".join(exporting.export(Patient.objects.unmerged(), **options)).decode()


@pytest.fixture
def ada(inside_riverside: Any) -> User:
    return User.objects.create_user("ada@export.example", full_name="Ada")


def test_no_cell_is_a_formula_and_excel_learns_the_encoding(ada: User) -> None:
    PatientFactory(given_name="Zoë", phone="+91 98450 12345", notes='=HYPERLINK("http://evil")', address="@home\n-1")
    text = text_of(by=ada)
    assert text.startswith("\ufeff")
    (header, row) = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    cells = dict(zip(header, row, strict=True))
    assert cells["Phone"] == "'+91 98450 12345"
    assert cells["Notes"] == '\'=HYPERLINK("http://evil")'
    assert cells["Address"] == "'@home\n-1"
    assert cells["Given name"] == "Zoë"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert not text_of(by=ada, with_mark=False).startswith("\ufeff")


@pytest.mark.parametrize("words", [" =1+1", "\t=1+1", "\n=1+1", "\N{NO-BREAK SPACE}=1+1", "\n  @x", "'=1", "' =1"])
def test_nor_is_one_behind_blanks_or_an_apostrophe(ada: User, words: str) -> None:
    patient = PatientFactory()
    patient.notes = words  # as no rule would have left it
    patient.save()
    (_header, row) = csv.reader(io.StringIO(text_of(by=ada, with_mark=False, fields=["notes"])))
    assert row == ["'" + words]
    assert columns.plain(row[0]) == words.strip()


def test_an_export_is_imported_again_without_any_change(ada: User) -> None:
    PatientFactory(
        given_name="Zoë",
        middle_name="Ana",
        phone="+91 98450 12345",
        email="zoe@mail.example",
        notes="=1+1;\n'quoted', \"twice\"",
        address="'=1",
        national_id="1234",
        blood_group="O-",
        is_blocked=True,
        blocked_reason="-",
        emergency_name="Ben",
        emergency_phone="+1 212 555 0147",
        preferred_language="kn",
    )
    before = [getattr(Patient.objects.get(), name) for name in columns.DETAILS]
    text = text_of(by=ada)
    fields = [name for name in ALL if name not in {"number"}]

    file = importing.upload(text.encode(), file_name="again.csv", by=ada, at=AT)
    assert [field for field in file.mapping if field] == list(ALL)
    file = importing.check(file, mapping=file.mapping, date_order="ymd", on_duplicate="update", at=AT)
    assert (file.duplicates, file.refused) == (1, 0)
    steps.step(importing.confirm(file, by=ada, at=AT), at=AT)

    patient = Patient.objects.get()
    assert [getattr(patient, name) for name in columns.DETAILS] == before
    assert (patient.version, len(fields)) == (1, len(columns.DETAILS))


def test_the_trail_says_who_took_how_many_and_which(ada: User) -> None:
    for number in range(3):
        PatientFactory(given_name=f"Q{chr(97 + number)}", birth_date=date(1950 + number, 1, 1))
    text_of(by=ada, chosen={"status": "all"}, fields=["number"])
    fact = PatientExport.objects.get()
    assert (fact.count, fact.chosen, fact.columns) == (3, {"status": "all"}, ["number"])
    assert AuditEvent.objects.filter(table_name="patients_patientexport", action="create").count() == 1
    assert AuditEvent.objects.filter(table_name="export", action="read").count() == 3


def test_the_page_gives_what_was_chosen(riverside: ClinicUnderTest, cast: Cast, web: Any) -> None:
    with riverside.inside(by=cast.ada):
        PatientFactory(by=cast.ada)
        PatientFactory(by=cast.ada, given_name="Vera", is_vip=True, birth_date=date(1950, 1, 1))
    ada = web(riverside, cast.ada)
    where = reverse("patients:export", "hpms.urls")
    assert ada.get(where).status_code == 200
    assert ada.post(where, {"columns": ["shoe_size"]}).status_code == 400
    assert ada.post(where, {"columns": []}).status_code == 400
    answer = ada.post(where, {"columns": ["given_name", "family_name"], "flag": "vip"})
    assert b"".join(answer.streaming_content).decode().splitlines() == ["Given name,Family name", "Vera,Sharma"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert web(riverside, cast.sara).post(where, {"columns": ["given_name"]}).status_code == 403


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, {"Asha", "Vera"}),
        ({"status": "inactive"}, {"Otto"}),
        ({"status": "all"}, {"Asha", "Vera", "Otto"}),
        ({"status": "all", "flag": "vip"}, {"Vera"}),
        ({"flag": "blocked"}, set()),
    ],
)
def test_the_file_has_whom_the_list_shows(
    riverside: ClinicUnderTest, cast: Cast, web: Any, chosen: dict[str, str], names: set[str]
) -> None:
    with riverside.inside(by=cast.ada):
        asha = PatientFactory(by=cast.ada, given_name="Asha")
        PatientFactory(by=cast.ada, given_name="Vera", is_vip=True, birth_date=date(1950, 1, 1))
        other = PatientFactory(by=cast.ada, given_name="Otto", birth_date=date(1960, 1, 1))
        registration.deactivate(other, reason="Moved away", by=cast.ada, at=AT)
        twin = PatientFactory(by=cast.ada, given_name="Usha", birth_date=date(1970, 1, 1))
        merging.merge(asha, twin, reason="Registered twice", by=cast.ada, at=AT)
    ada = web(riverside, cast.ada)
    shown = ada.get(reverse("patients:list", "hpms.urls"), chosen).context["page_obj"]
    answer = ada.post(reverse("patients:export", "hpms.urls"), {"columns": ["given_name"], **chosen})
    filed = b"".join(answer.streaming_content).decode().splitlines()[1:]
    assert (sorted(filed), {patient.given_name for patient in shown}) == (sorted(names), names)
