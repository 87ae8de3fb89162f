"""Files of patients: read in any encoding, checked row by row, imported once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.outbox.models import Message
from apps.patients import registration
from apps.patients.files import columns, csv_files, importing, kept, steps
from apps.patients.files.csv_files import BadFile
from apps.patients.merging import merge
from apps.patients.models import ImportLine, ImportPart, Patient, PatientImport
from tests.patients.factories import PatientFactory

pytestmark = pytest.mark.usefixtures("inside_riverside")
AT = datetime(2026, 5, 11, 6, 30, tzinfo=UTC)
HEADER = "First name;Last name;DOB;Gender;Mobile;Remarks\n"
GOOD = HEADER + 'Zoë;Müller;13/02/1990;F;+49 170 1234567;"likes tea;\nand quiet"\nRavi;Rao;01/03/1971;M;=1+1;\n'


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada@import.example", full_name="Ada")


def upload(data: bytes | str, ada: User) -> PatientImport:
    raw = data.encode() if isinstance(data, str) else data
    return importing.upload(raw, file_name="old.csv", by=ada, at=AT)


def check(file: PatientImport, **more: Any) -> PatientImport:
    options = {"mapping": file.mapping, "date_order": file.date_order, "on_duplicate": "skip", "at": AT, **more}
    file = importing.check(file, **options)
    while file.state == "checking":
        file = steps.step(file, at=AT)
    return file


def run(file: PatientImport, ada: User) -> PatientImport:
    file = importing.confirm(file, by=ada, at=AT)
    while file.state == "importing":
        file = steps.step(file, at=AT)
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_any_usual_encoding_and_separator_is_recognised(ada: User, encoding: str, separator: str) -> None:
    text = f'First name{separator}City\n"Zoë{separator} née Łö"{separator}Zürich\nJosé{separator}Málaga\n'
    text = text if encoding != "cp1252" else text.replace("Ł", "L")
    file = upload(text.encode(encoding), ada)
    header, rows = kept.preview(file)
    assert header == ["First name", "City"]
    assert rows[1] == (3, ["José", "Málaga"])
    assert file.separator == separator
    assert file.mapping == ["given_name", "city"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"PK\x03\x04rest of a workbook", "Excel workbook or a zip"),
        (b"\xd0\xcf\x11\xe0old", "old Excel"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0 jpeg", "picture"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"Name,Phone\nAsha\0,1\n", "no text has"),
        (b"Name,Name\nAsha,Rao\n", "Columns 1 and 2 have the same name"),
        (b"Name,Phone\n", "no rows below"),
        (b",,\nAsha,,\n", "names of the columns"),
        (b"Asha Sharma,+91 98450 12345,12/03/1984\nBen,1,2\n", "looks like a patient"),
        (b'Name,Phone\n"Asha,1\n', "quotation mark"),
        (b"Name" + b"," * 1_000_000 + b"\nAsha\n", "at most 200"),
        (b"Name\n" + b"Asha\n" * 100_001, "more than 100,000"),
        (b"Name\n" + b"\n" * 1_200_000, "nearly all of them empty"),
        (b"Name\n" + b"x" * (20 * 1024 * 1024), "larger than 20 MB"),
        (b"Name\n" + b"x" * 200_000, "cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_file_of_patients_is_refused_in_words(ada: User, data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        upload(data, ada)
    assert not PatientImport.objects.exists()


def test_the_file_lies_sealed_and_leaves_no_copy_in_the_trail(ada: User) -> None:
    file = upload(GOOD, ada)
    with connection.cursor() as cursor:
        cursor.execute("SELECT wrapped FROM patients_importpart")
        (part,) = cursor.fetchone()
    assert b"Zo" not in bytes(part)
    (event,) = AuditEvent.objects.filter(table_name="patients_importpart")
    assert event.new["wrapped"] == "[not kept]"
    assert importing.empty_old(at=AT + importing.KEPT) == 0
    assert importing.empty_old(at=AT + importing.KEPT + timedelta(minutes=1)) == 1
    assert not ImportPart.objects.exists()
    file.refresh_from_db()
    assert file.state == "cancelled"
    with pytest.raises(kept.Emptied):
        kept.preview(file)


def test_nothing_is_written_before_it_is_confirmed_and_then_each_row_once(ada: User) -> None:
    file = check(upload(GOOD, ada))
    assert (file.state, file.date_order, file.rows, file.fine, file.refused) == ("checked", "dmy", 2, 1, 1)
    assert not Patient.objects.exists()
    (line,) = file.lines.all()
    assert (line.row, line.problems) == (
        3,
        [["phone", "A phone number has 3 to 15 digits, perhaps with a + before them."]],
    )

    file = run(file, ada)

    patient = Patient.objects.get()
    assert (patient.given_name, patient.family_name, patient.sex) == ("Zoë", "Müller", "female")
    assert (patient.birth_date, patient.phone) == (date(1990, 2, 13), "+49 170 1234567")
    assert patient.notes == "likes tea;\nand quiet"
    assert patient.registered_by == ada
    steps.step(file, at=AT)
    with pytest.raises(importing.NotNow):
        importing.confirm(file, by=ada, at=AT)
    assert Patient.objects.count() == 1
    rows = list(importing.report(file))
    assert rows[1][:2] == ["3", "refused"] and rows[1][3:] == ["Ravi", "Rao", "01/03/1971", "M", "=1+1", ""]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"DOB": "31/02/1984"}, ("birth_date", "no day")),
        ({"DOB": "13/25/1984"}, ("birth_date", "no day")),
        ({"DOB": "01/01/2999"}, ("birth_date", "no day")),
        ({"Gender": "yes"}, ("sex", "female, male")),
        ({"First name": ""}, ("given_name", "at least one name")),
        ({"First name": "<b>"}, ("given_name", "letters")),
        ({"Mobile": "none"}, ("phone", "digits")),
        ({"Remarks": "x" * 4001}, ("notes", "too long")),
    ],
)
def test_what_a_row_cannot_mean_is_said_with_row_and_column(
    ada: User, cells: dict[str, str], problem: tuple[str, str]
) -> None:
    names = HEADER.strip().split(";")
    row = {"First name": "Asha", "Last name": "Rao", "DOB": "12/03/1984", "Gender": "f", "Mobile": "12345", **cells}
    file = check(upload(HEADER + ";".join(row.get(name, "") for name in names) + "\n", ada), date_order="dmy")
    (line,) = file.lines.all()
    ((field, words),) = line.problems
    assert (line.row, field) == (2, problem[0])
    assert problem[1] in words
    assert not [cell for cell in cells.values() if len(cell) > 3 and cell in words]


def test_the_order_of_dates_is_what_somebody_chose(ada: User) -> None:
    file = upload("Name,DOB\nAsha Rao,03/04/1984\nBen Okoro,1990-12-31\nChi Li,12 Mar 84\n", ada)
    for order, born in (("dmy", date(1984, 4, 3)), ("mdy", date(1984, 3, 4))):
        file = check(file, date_order=order)
        assert file.refused == 0
        text = kept.text_of(file)
        rows = [row for _number, row in csv_files.rows_of(text, ",")]
        found = [
            columns.details_of_row(row, file.mapping, date_order=order, today=date(2026, 5, 11))[0]["birth_date"]
            for row in rows
        ]
        assert found == [born, date(1990, 12, 31), date(1984, 3, 12)]


KNOWN = "Name,DOB,Mobile,Email\nAsha Sharma,1984-03-12,,new@mail.example\n"


@pytest.mark.parametrize(
    ("choice", "outcome", "patients", "email"),
    [
        ("skip", "skipped", 1, ""),
        ("create", "created", 2, ""),
        ("update", "updated", 1, "new@mail.example"),
        ("link", "linked", 1, ""),
    ],
)
def test_who_may_be_known_is_treated_as_chosen(ada: User, choice: str, outcome: str, patients: int, email: str) -> None:
    known = PatientFactory(phone="")
    file = check(upload(KNOWN, ada))
    assert (file.fine, file.duplicates) == (0, 1)
    with pytest.raises(importing.BadMapping):
        importing.choose(file, {2: "delete"})
    importing.choose(file, {2: choice})
    file = run(file, ada)
    line = file.lines.get()
    assert (line.outcome, line.known) == (outcome, known)
    assert Patient.objects.count() == patients
    known.refresh_from_db()
    assert known.email == email


def test_who_is_registered_between_check_and_import_is_noticed(ada: User) -> None:
    file = check(upload(KNOWN, ada))
    PatientFactory(phone="")
    file = run(file, ada)
    assert file.lines.get().outcome == "skipped"
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Surname,Name", "Sharma,Asha Devi"),
        ("Name,Surname", "Asha Devi,Sharma"),
        ("Surname,Full name", "Sharma,Asha Devi Sharma"),
        ("Apellidos,Nombre completo", "Sharma,Asha Devi Sharma"),
    ],
)
def test_a_name_beside_a_family_name_loses_neither(ada: User, header: str, row: str) -> None:
    run(check(upload(f"{header}\n{row}\n", ada)), ada)
    made = Patient.objects.get()
    assert (made.given_name, made.family_name) == ("Asha Devi", "Sharma")


def test_a_full_name_is_not_matched_beside_its_parts(ada: User) -> None:
    file = upload("Surname,Name\nSharma,Asha\n", ada)
    with pytest.raises(importing.BadMapping, match="the full name, or"):
        check(file, mapping=["family_name", "full_name"])


def test_the_line_by_which_excel_knows_the_separator_is_no_header(ada: User) -> None:
    file = upload("sep=;\r\n" + GOOD.replace("\n", "\r\n"), ada)
    assert (file.separator, file.mapping[:2], file.rows) == (";", ["given_name", "family_name"], 2)
    assert kept.preview(check(file))[0][0] == "First name"


def test_one_person_in_two_rows_is_noticed_however_near_they_stand(ada: User) -> None:
    rows = (
        "Asha,Rao,12/03/1984,9845011111\nBen,Okoro,,\nASHA,Rao,12/03/1984,9845022222\nAshok,Rao,01/02/2001,9845011111\n"
    )
    file = check(upload("First name,Last name,DOB,Mobile\n" + rows, ada))
    assert (file.fine, file.duplicates) == (4, 0)
    file = run(file, ada)
    assert dict(file.lines.values_list("row", "outcome")) == {2: "created", 3: "created", 4: "skipped", 5: "created"}
    assert file.lines.get(row=4).known == file.lines.get(row=2).patient


def test_who_looks_like_a_record_that_was_merged_is_the_person_of_the_record_in_use(ada: User) -> None:
    used = PatientFactory(given_name="Asha", family_name="Verma", birth_date=date(1984, 3, 21), phone="")
    gone = PatientFactory(phone="")
    merge(used, gone, by=ada, at=AT, reason="She married")
    file = run(check(upload(KNOWN, ada)), ada)
    line = file.lines.get()
    assert (line.outcome, line.known) == ("skipped", used)


@pytest.mark.parametrize("column", ["Age\nAsha Sharma,42", "DOB\nAsha Sharma,1984"])
def test_an_age_in_a_file_does_not_replace_a_date_of_birth_that_is_known(ada: User, column: str) -> None:
    known = PatientFactory(phone="")
    text = f"Patient number,Name,{column}\n".replace("\nAsha", f"\n{known.number},Asha")
    run(check(upload(text, ada), on_duplicate="update"), ada)
    known.refresh_from_db()
    assert (known.birth_date, known.birth_date_estimated) == (date(1984, 3, 12), False)


def test_a_year_that_was_exported_changes_nothing_when_it_comes_back(ada: User) -> None:
    known = PatientFactory(phone="", age=41)
    text = f"Patient number,DOB\n{known.number},{known.birth_date.year}\n"
    run(check(upload(text, ada), on_duplicate="update"), ada)
    version = known.version
    known.refresh_from_db()
    assert known.version == version


def test_the_same_row_twice_is_refused_and_a_patient_number_names_the_patient(ada: User) -> None:
    known = PatientFactory(phone="")
    rows = (f"{known.number},Asha Sharma,Mysuru", ",Ben Okoro,Pune", ",ben okoro,Pune", "PAT-2020-99999,X,Y")
    text = "\n".join(["Patient number,Name,City", *rows])
    file = check(upload(text, ada), on_duplicate="update")
    assert {line.row: line.problems for line in file.lines.filter(outcome="refused")} == {
        4: [["", "The same as row 3."]],
        5: [["number", "No patient has this number."]],
    }
    run(file, ada)
    known.refresh_from_db()
    assert (known.city, Patient.objects.count()) == ("Mysuru", 2)


def test_long_files_go_in_steps_that_may_be_repeated(ada: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(steps, "CHECKED_A_STEP", 7)
    monkeypatch.setattr(steps, "IMPORTED_A_STEP", 5)
    rows = "".join(f"Nam{chr(97 + n % 26)}{chr(97 + n // 26)},Fam{chr(97 + n)}\n" for n in range(26))
    file = check(upload("First name,Last name\n" + rows, ada))
    assert file.fine == 26
    importing.confirm(file, by=ada, at=AT)
    for expected in (5, 10):
        file = steps.step(file, at=AT)
        assert (file.reached, Patient.objects.count()) == (expected, expected)
    assert Message.objects.filter(kind=steps.KIND).count() >= 2  # each step leaves the next
    while file.state == "importing":
        file = steps.step(file, at=AT)
    assert Patient.objects.count() == ImportLine.objects.filter(outcome="created").count() == 26


def test_a_file_whose_next_step_was_given_up_goes_on(ada: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(steps, "IMPORTED_A_STEP", 1)
    file = importing.confirm(check(upload("Name\nAsha Rao\nBen Okoro\n", ada)), by=ada, at=AT)
    assert steps.go_on(at=AT) == 0
    Message.objects.filter(kind=steps.KIND).update(given_up_at=AT)
    assert steps.go_on(at=AT) == 1
    run_on = steps.step(steps.step(file, at=AT), at=AT)
    assert (run_on.state, Patient.objects.count()) == ("done", 2)
    Message.objects.filter(kind=steps.KIND).update(given_up_at=AT)
    assert steps.go_on(at=AT) == 0


def test_a_national_id_of_somebody_else_loses_that_row_only(ada: User) -> None:
    PatientFactory(given_name="Olu", family_name="Ade", national_id="77 88", birth_date=None)
    text = "Name,National ID\nZed Alpha,7788\nYan Beta,1234\nXu Gamma,12 34\n"
    file = check(upload(text, ada), on_duplicate="create")
    file = run(file, ada)
    outcomes = dict(file.lines.values_list("row", "outcome"))
    assert outcomes == {2: "refused", 3: "created", 4: "refused"}
    assert file.lines.get(row=4).problems[0][1] == str(registration.NationalIdTaken.message)


def test_the_same_file_again_is_recognised(ada: User) -> None:
    first = run(check(upload(GOOD, ada)), ada)
    again = upload(GOOD, ada)
    assert importing.earlier_uploads(again) == [first]
    assert check(again).duplicates == 1


def test_bad_choices_are_refused(ada: User) -> None:
    file = upload(GOOD, ada)
    for wrong in (
        {"mapping": ["given_name"]},
        {"mapping": ["given_name", "given_name", "", "", "", ""]},
        {"mapping": ["", "family_name", "", "", "", ""]},
        {"mapping": ["shoe_size", "", "", "", "", ""]},
        {"date_order": "ydm"},
        {"on_duplicate": "destroy"},
    ):
        with pytest.raises(importing.BadMapping):
            check(file, **wrong)
    with pytest.raises(BadFile):
        importing.read_otherwise(file, encoding="rot13", separator=";")
    assert importing.read_otherwise(file, encoding="cp1252", separator=",").separator == ","
    importing.give_up(file, at=AT)
    with pytest.raises(importing.NotNow):
        check(file)
