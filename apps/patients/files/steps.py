"""An import, some hundred rows at a time: checked, and once somebody has said yes, imported. Mostly a worker's part."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.core import blind_index
from apps.core.clock import day_of
from apps.core.refusals import Refusal
from apps.outbox import outbox
from apps.outbox.models import Message
from apps.patients import registration
from apps.patients.details import BadDetails
from apps.patients.duplicates import ENOUGH, weigh
from apps.patients.files import columns, csv_files, kept
from apps.patients.files.kept import Row
from apps.patients.likeness import compare_many
from apps.patients.models import ImportLine, Patient, PatientImport
from apps.patients.models.persons import in_use

KIND: Final = "patients.import_step"
CHECKED_A_STEP = 500
IMPORTED_A_STEP = 100
CERTAIN = 200  # points: the row names the patient's number or national id

State = PatientImport.State
Outcome = ImportLine.Outcome


def step(file: PatientImport, *, at: datetime) -> PatientImport:
    """The next rows, checked or imported; a worker's part. Does nothing where nothing is to do."""
    with transaction.atomic():
        file = PatientImport.objects.select_for_update().get(pk=file.pk)
        if file.state == State.CHECKING:
            return check_step(file, at=at)
        if file.state == State.IMPORTING:
            return _import_step(file, at=at)
        return file


def go_on(*, at: datetime) -> int:
    """Files whose next step nobody is waiting to do (it failed too often, somebody mended the cause); how many."""
    if Message.objects.waiting().filter(kind=KIND).exists():
        return 0
    stuck = list(PatientImport.objects.filter(state__in=[State.CHECKING, State.IMPORTING], emptied_at=None))
    for file in stuck:
        outbox.put(KIND, {"import": str(file.pk)})
    return len(stuck)


def check_step(file: PatientImport, *, at: datetime) -> PatientImport:
    """The next rows, checked. Call it with the file locked."""
    rows, seen = _next_rows(file, CHECKED_A_STEP)
    today = day_of(at, profile.current().zone)
    lines: list[ImportLine] = []
    good: list[tuple[int, dict[str, Any]]] = []
    for number, row in rows:
        details, problems = _read(file, row, today)
        if first := seen.get(_fingerprint(row)):
            problems.append(("", _("The same as row %(row)d.") % {"row": first}))
        seen.setdefault(_fingerprint(row), number)
        if problems:
            lines.append(_line(file, number, outcome=Outcome.REFUSED, problems=problems))
        else:
            good.append((number, details))
    known = _known(good, today)
    lines += [_line(file, number, known=patient, points=points) for number, (patient, points) in known.items()]
    lines += _refused_unnamed(file, good, known)
    refused = sum(1 for line in lines if line.outcome == Outcome.REFUSED)
    ImportLine.objects.bulk_create(lines)
    file.reached += len(rows)
    file.refused += refused
    file.duplicates += len(known)
    file.fine += len(rows) - refused - len(known)
    return _went_on(file, done=State.CHECKED)


def _import_step(file: PatientImport, *, at: datetime) -> PatientImport:
    rows, _seen = _next_rows(file, IMPORTED_A_STEP)
    today = day_of(at, profile.current().zone)
    lines = {line.row: line for line in file.lines.filter(row__in=[number for number, _row in rows])}
    waiting = []
    for number, row in rows:
        line = lines.get(number)
        if line is None or line.outcome == Outcome.WAITING:
            details, problems = _read(file, row, today)
            line = line or _line(file, number)
            if problems:  # it was fine when it was checked: a birthday in a year that began meanwhile
                line.outcome, line.problems = Outcome.REFUSED, problems
                line.save()
            else:
                waiting.append((line, details))
    # Somebody may have been registered since the rows were checked, or by an earlier step of this file.
    unknown = [(line.row, details) for line, details in waiting if line.known_id is None]
    for number, (patient, points) in _known(unknown, today).items():
        line = next(line for line, _details in waiting if line.row == number)
        line.known, line.points = patient, points
    newcomers: dict[str, list[Any]] = {}  # of this step, by the beginnings of their names
    for line, details in waiting:
        if line.known_id is None and (twin := _among(newcomers, details, today)):
            line.known, line.points = twin
        _import(file, line, details, at=at)
        if line.outcome == Outcome.CREATED:
            for beginning in _beginnings(details):
                newcomers.setdefault(beginning, []).append(line.patient)
    file.reached += len(rows)
    file = _went_on(file, done=State.DONE)
    if file.state == State.DONE:
        file.ended_at = at
        file.save(update_fields=["ended_at"])
    return file


def _import(file: PatientImport, line: ImportLine, details: dict[str, Any], *, at: datetime) -> None:
    """One row, in a savepoint of its own: a refusal loses this row only."""
    by = file.confirmed_by
    assert by is not None
    choice = (line.choice or file.on_duplicate) if line.known_id else "create"
    number = details.pop("number", None)
    try:
        with transaction.atomic():
            if choice == "skip":
                line.outcome = Outcome.SKIPPED
            elif choice == "link":
                line.outcome, line.patient = Outcome.LINKED, line.known
            elif choice == "update":
                assert line.known is not None
                known = in_use(line.known)
                line.patient = registration.amend(known, by=by, at=at, **_telling(details, known, at))
                line.outcome = Outcome.UPDATED
            elif number is not None and line.known_id is None:
                raise BadDetails({"number": _("No patient has this number.")})
            else:
                line.patient = registration.register(by=by, at=at, **details)
                line.outcome = Outcome.CREATED
    except BadDetails as refusal:
        line.outcome, line.patient = Outcome.REFUSED, None
        line.problems = [[field, str(words)] for field, words in refusal.errors.items()]
    except Refusal as refusal:
        line.outcome, line.patient = Outcome.REFUSED, None
        line.problems = [[refusal.field if refusal.field in columns.FIELDS else "", str(refusal)]]
    line.save()


def _went_on(file: PatientImport, *, done: str) -> PatientImport:
    if file.reached >= file.rows:
        file.state = done
    else:
        outbox.put(KIND, {"import": str(file.pk)})
    file.save(update_fields=["state", "reached", "fine", "refused", "duplicates"])
    return file


def _next_rows(file: PatientImport, most: int) -> tuple[list[Row], dict[int, int]]:
    """The rows that come next, and what the rows before them look like."""
    seen: dict[int, int] = {}
    rows: list[Row] = []
    for place, (number, row) in enumerate(csv_files.rows_of(kept.text_of(file), file.separator)):
        if place < file.reached:
            seen.setdefault(_fingerprint(row), number)
        else:
            rows.append((number, row))
            if len(rows) == most:
                break
    return rows, seen


def _read(file: PatientImport, row: list[str], today: date) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    return columns.details_of_row(row, file.mapping, date_order=file.date_order, today=today)


def _known(rows: Sequence[tuple[int, dict[str, Any]]], today: date) -> dict[int, tuple[Patient, int]]:
    """Row → the known patient it most probably is, and how much speaks for it. A patient number is certain."""
    found: dict[int, tuple[Patient, int]] = {}
    numbers = {details["number"] for _row, details in rows if "number" in details}
    numbered = {
        patient.number: patient for patient in Patient.objects.filter(number__in=numbers).select_related("merged_into")
    }
    for row, details in rows:
        if patient := numbered.get(details.get("number", "")):
            found[row] = (patient.merged_into or patient, CERTAIN)
    others = [(row, details) for row, details in rows if "number" not in details]
    alike = compare_many([details for _row, details in others], today=today, old_too=True)
    likeliest = {row: candidates[0] for (row, _details), candidates in zip(others, alike, strict=True) if candidates}
    used = Patient.objects.in_bulk({patient.merged_into_id for patient, _points in likeliest.values()} - {None})
    found |= {row: (used.get(patient.merged_into_id, patient), points) for row, (patient, points) in likeliest.items()}
    return found


def _among(newcomers: Mapping[str, list[Any]], details: dict[str, Any], today: date) -> tuple[Patient, int] | None:
    """The likeliest of those whom this step has registered already: no index was asked about them."""
    near = {patient.pk: patient for start in _beginnings(details) for patient in newcomers.get(start, ())}
    weighed = [(patient, weigh(details, patient, today)[0]) for patient in near.values()]
    return max((pair for pair in weighed if pair[1] >= ENOUGH), key=lambda pair: pair[1], default=None)


def _beginnings(details: dict[str, Any]) -> set[str]:
    if "number" in details:
        return set()
    return {word[:2] for word in blind_index.words(f"{details.get('given_name', '')} {details.get('family_name', '')}")}


def _telling(details: dict[str, Any], known: Patient, at: datetime) -> dict[str, Any]:
    """The details without an age that says less than the date of birth which is known, or no more than its year."""
    age, born, today = details.get("age"), known.birth_date, day_of(at, profile.current().zone)
    if age is None or born is None:
        return details
    is_new = known.birth_date_estimated and age != known.age_on(today) and today.year - age != born.year
    return details if is_new else {name: value for name, value in details.items() if name != "age"}


def _refused_unnamed(
    file: PatientImport, rows: Sequence[tuple[int, dict[str, Any]]], known: Mapping[int, Any]
) -> list[ImportLine]:
    """Rows with the number of nobody: they come from elsewhere, or from a clinic that is not this one."""
    return [
        _line(file, row, outcome=Outcome.REFUSED, problems=[("number", _("No patient has this number."))])
        for row, details in rows
        if "number" in details and row not in known
    ]


def _line(file: PatientImport, row: int, **more: Any) -> ImportLine:
    return ImportLine(source=file, row=row, **more)


def _fingerprint(row: Sequence[str]) -> int:
    return hash(tuple(cell.strip().casefold() for cell in row))
