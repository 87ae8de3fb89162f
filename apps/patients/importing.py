"""A CSV file of patients: uploaded, matched, checked row by row, confirmed, and only then imported by a worker.

Nothing of the register is written before somebody has seen what will happen and said yes. Checking and importing go in
steps of some hundred rows; each step is one transaction that also notes how far it came and leaves the next one in the
outbox. A worker that is killed loses its step, never half of it, and no row is imported twice (`import_line_once`).
The file lies sealed in pieces and is deleted after `KEPT`.
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.core import blind_index
from apps.core.clock import day_of
from apps.core.encryption import open_sealed, seal
from apps.core.refusals import Conflict, Refusal
from apps.outbox import outbox
from apps.outbox.models import Message
from apps.patients import columns, csv_files, registration
from apps.patients.details import BadDetails
from apps.patients.likeness import compare_many
from apps.patients.models import ImportLine, ImportPart, Patient, PatientImport
from apps.patients.models.persons import in_use
from apps.patients.spelling import order_of

KIND: Final = "patients.import_step"
FIELD_ID: Final = "patients.importpart.wrapped"
PART = 512 * 1024
CHECKED_A_STEP = 500
IMPORTED_A_STEP = 100
KEPT = timedelta(days=7)
CERTAIN = 200  # points: the row names the patient's number or national id

State = PatientImport.State
Outcome = ImportLine.Outcome
Row = tuple[int, list[str]]


class NotNow(Conflict):
    """It was confirmed, given up or imported already."""

    code = "import_not_now"
    message = gettext_lazy("This import has moved on. Look again.")


class BadMapping(Refusal):
    code = "bad_mapping"


class Emptied(Conflict):
    code = "file_deleted"
    message = gettext_lazy("The file of this import has been deleted. Upload it again.")


def upload(data: bytes, *, file_name: str, by: User, at: datetime) -> PatientImport:
    """Take a file, guess how it is written and what its columns are, and keep it sealed. Raises BadFile."""
    guess = csv_files.look_at(data)
    text = csv_files.decoded(data, guess.encoding)
    header = csv_files.header_of(text, guess.separator)
    if columns.looks_like_data(header):
        raise csv_files.BadFile(_("The first row must hold the names of the columns; here it looks like a patient."))
    rows = sum(1 for _row in csv_files.rows_of(text, guess.separator))
    if not rows:
        raise csv_files.BadFile(_("This file has names of columns, and no rows below them."))
    mapping = columns.guess(header)
    with transaction.atomic():
        file = PatientImport.objects.create(
            file_name=file_name[-200:] or "patients.csv",
            size=len(data),
            content_token=blind_index.national_id_token(hashlib.sha256(data).hexdigest()),
            encoding=guess.encoding,
            separator=guess.separator,
            date_order=_date_order(text, guess.separator, mapping),
            mapping=mapping,
            rows=rows,
            uploaded_at=at,
            uploaded_by=by,
        )
        packed = zlib.compress(data, 6)
        ImportPart.objects.bulk_create(
            _part(file, place, packed[start : start + PART]) for place, start in enumerate(range(0, len(packed), PART))
        )
    return file


def earlier_uploads(file: PatientImport) -> list[PatientImport]:
    """The same file, imported before."""
    same = PatientImport.objects.filter(content_token=file.content_token, state=State.DONE)
    return list(same.exclude(pk=file.pk).order_by("-uploaded_at")[:3])


def preview(file: PatientImport, *, rows: int = 5) -> tuple[list[str], list[Row]]:
    """The names of the columns and the first rows, as the file is read now. Raises BadFile, Emptied."""
    text = _text(file)
    return csv_files.header_of(text, file.separator), _first(csv_files.rows_of(text, file.separator), rows)


def rows_at(file: PatientImport, wanted: set[int]) -> Iterator[Row]:
    """These rows, as they stand in the file."""
    for number, row in csv_files.rows_of(_text(file), file.separator):
        if number in wanted:
            yield number, row
        if number >= max(wanted):
            return


def read_otherwise(file: PatientImport, *, encoding: str, separator: str) -> PatientImport:
    """The file is written otherwise than was guessed: its columns are guessed anew. Raises BadFile, NotNow, Emptied."""
    with transaction.atomic():
        file = _locked(file, State.UPLOADED, State.CHECKED)
        text = csv_files.decoded(_data(file), encoding)
        header = csv_files.header_of(text, separator)
        rows = sum(1 for _row in csv_files.rows_of(text, separator))
        file.encoding, file.separator, file.rows = encoding, separator, rows
        file.mapping, file.state = columns.guess(header), State.UPLOADED
        file.date_order = _date_order(text, separator, file.mapping)
        file.save(update_fields=["encoding", "separator", "rows", "mapping", "state", "date_order"])
    return file


def check(
    file: PatientImport, *, mapping: Sequence[str], date_order: str, on_duplicate: str, at: datetime
) -> PatientImport:
    """Match the columns and look at every row: what can be imported, what cannot and why, who may be known already.

    Short files are checked at once, of longer ones a worker does the rest. Nothing is imported.
    Raises BadMapping, BadFile, NotNow, Emptied.
    """
    with transaction.atomic():
        file = _locked(file, State.UPLOADED, State.CHECKED)
        _refuse_bad_mapping(mapping, len(csv_files.header_of(_text(file), file.separator)))
        if date_order not in columns.DATES:
            raise BadMapping(_("Say in which order the dates are written."), field="date_order")
        if on_duplicate not in dict(ImportLine.CHOICES):
            raise BadMapping(_("Say what is to be done about likely duplicates."), field="on_duplicate")
        file.lines.all().delete()
        file.mapping, file.date_order, file.on_duplicate = list(mapping), date_order, on_duplicate
        file.state, file.reached, file.fine, file.refused, file.duplicates = State.CHECKING, 0, 0, 0, 0
        file.save()
        return _check_step(file, at=at)


def step(file: PatientImport, *, at: datetime) -> PatientImport:
    """The next rows, checked or imported; a worker's part. Does nothing where nothing is to do."""
    with transaction.atomic():
        file = PatientImport.objects.select_for_update().get(pk=file.pk)
        if file.state == State.CHECKING:
            return _check_step(file, at=at)
        if file.state == State.IMPORTING:
            return _import_step(file, at=at)
        return file


def choose(file: PatientImport, choices: Mapping[int, str]) -> PatientImport:
    """What is done about single rows that look like somebody known: row → skip, create, update or link.

    Raises BadMapping, NotNow.
    """
    with transaction.atomic():
        file = _locked(file, State.CHECKED)
        for line in file.lines.filter(row__in=choices, outcome=Outcome.WAITING).select_for_update():
            choice = choices[line.row]
            if choice not in dict(ImportLine.CHOICES):
                raise BadMapping(_("Say what is to be done about likely duplicates."))
            if choice != (line.choice or file.on_duplicate):
                line.choice = choice
                line.save(update_fields=["choice"])
    return file


def confirm(file: PatientImport, *, by: User, at: datetime) -> PatientImport:
    """Yes, import it. A worker begins at once. Raises NotNow, Emptied."""
    with transaction.atomic():
        file = _locked(file, State.CHECKED)
        file.state, file.reached, file.confirmed_by, file.confirmed_at = State.IMPORTING, 0, by, at
        file.save(update_fields=["state", "reached", "confirmed_by", "confirmed_at"])
        outbox.put(KIND, {"import": str(file.pk)})
    return file


def give_up(file: PatientImport, *, at: datetime) -> PatientImport:
    """Do not import it; the file is deleted. Raises NotNow once it was confirmed."""
    with transaction.atomic():
        file = _locked(file, State.UPLOADED, State.CHECKING, State.CHECKED, emptied_too=True)
        file.state, file.ended_at = State.CANCELLED, at
        file.save(update_fields=["state", "ended_at"])
        return _emptied(file, at=at)


def empty_old(*, at: datetime) -> int:
    """Delete the files that have lain here long enough, whatever became of them; how many."""
    with transaction.atomic():
        old = PatientImport.objects.select_for_update(skip_locked=True).filter(
            emptied_at=None, uploaded_at__lt=at - KEPT
        )
        files = list(old.exclude(state=State.IMPORTING))
        for file in files:
            if file.state != State.DONE:
                file.state, file.ended_at = State.CANCELLED, at
                file.save(update_fields=["state", "ended_at"])
            _emptied(file, at=at)
    return len(files)


def go_on(*, at: datetime) -> int:
    """Files whose next step nobody is waiting to do (it failed too often, somebody mended the cause); how many."""
    if Message.objects.waiting().filter(kind=KIND).exists():
        return 0
    stuck = list(PatientImport.objects.filter(state__in=[State.CHECKING, State.IMPORTING], emptied_at=None))
    for file in stuck:
        outbox.put(KIND, {"import": str(file.pk)})
    return len(stuck)


def report(file: PatientImport) -> Iterator[list[str]]:
    """What was not imported, and why: the file's own columns, with the row's number and the reasons before them."""
    header, rows = [], {}
    if file.emptied_at is None:
        text = _text(file)
        header = csv_files.header_of(text, file.separator)
        rows = dict(csv_files.rows_of(text, file.separator))
    yield [_("Row"), _("What happened"), _("Why"), *header]
    lines = file.lines.filter(outcome__in=[Outcome.REFUSED, Outcome.SKIPPED]).select_related("known").order_by("row")
    for line in lines.iterator(chunk_size=500):
        words = [f"{columns.label_of(field)}: {text}" if field else text for field, text in line.problems]
        if line.known is not None:
            words.append(_("looks like %(number)s") % {"number": line.known.number})
        yield [str(line.row), str(line.get_outcome_display()), "; ".join(words), *rows.get(line.row, [])]


# --- one step


def _check_step(file: PatientImport, *, at: datetime) -> PatientImport:
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
    for line, details in waiting:
        _import(file, line, details, at=at)
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
                line.patient = registration.amend(in_use(line.known), by=by, at=at, **details)
                line.outcome = Outcome.UPDATED
            elif number is not None and line.known_id is None:
                raise BadMapping(_("No patient has this number."), field="number")
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
    for place, (number, row) in enumerate(csv_files.rows_of(_text(file), file.separator)):
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
    alike = compare_many([details for _row, details in others], today=today, inactive_too=True)
    for (row, _details), candidates in zip(others, alike, strict=True):
        if candidates:
            found[row] = candidates[0]
    return found


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


# --- the file


def _part(file: PatientImport, place: int, piece: bytes) -> ImportPart:
    part = ImportPart(source=file, place=place)
    part.wrapped = seal(piece, field_id=FIELD_ID, row=part.pk)
    return part


def _data(file: PatientImport) -> bytes:
    if file.emptied_at is not None:
        raise Emptied
    parts = file.parts.order_by("place")
    return zlib.decompress(b"".join(open_sealed(bytes(part.wrapped), field_id=FIELD_ID, row=part.pk) for part in parts))


def _text(file: PatientImport) -> str:
    return csv_files.decoded(_data(file), file.encoding)


def _emptied(file: PatientImport, *, at: datetime) -> PatientImport:
    file.parts.all().delete()
    file.emptied_at = at
    file.save(update_fields=["emptied_at"])
    return file


def _locked(file: PatientImport, *states: str, emptied_too: bool = False) -> PatientImport:
    file = PatientImport.objects.select_for_update().get(pk=file.pk)
    if file.state not in states:
        raise NotNow
    if file.emptied_at is not None and not emptied_too:
        raise Emptied
    return file


def _first(rows: Iterator[Row], most: int) -> list[Row]:
    first = []
    for row in rows:
        first.append(row)
        if len(first) == most:
            break
    return first


def _date_order(text: str, separator: str, mapping: Sequence[str]) -> str:
    otherwise = order_of(profile.current().locale)
    if "birth_date" not in mapping:
        return otherwise
    place = mapping.index("birth_date")
    rows = _first(csv_files.rows_of(text, separator), 2000)
    return columns.order_of_dates([row[place] for _number, row in rows if len(row) > place], otherwise)


def _refuse_bad_mapping(mapping: Sequence[str], width: int) -> None:
    chosen = [field for field in mapping if field]
    if len(mapping) != width or set(chosen) - set(columns.FIELDS):
        raise BadMapping(_("Say for each column what it is."))
    for field in chosen:
        if chosen.count(field) > 1:
            raise BadMapping(_("Two columns are matched with %(field)s.") % {"field": columns.label_of(field)})
    if not {"given_name", "full_name", "number"} & set(chosen):
        raise BadMapping(_("Match a column with the given name, the full name or the patient number."))
