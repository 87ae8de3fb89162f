"""A CSV file of patients: uploaded, matched, checked row by row, confirmed, and only then imported by a worker.

Nothing of the register is written before somebody has seen what will happen and said yes. Checking and importing go in
steps of some hundred rows (`steps.py`); each step is one transaction that also notes how far it came and leaves the
next one in the outbox. A worker that is killed loses its step, never half of it, and no row is imported twice
(`import_line_once`). The file lies sealed in pieces (`kept.py`) and is deleted after `KEPT`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.core import blind_index
from apps.core.refusals import Conflict, Refusal
from apps.outbox import outbox
from apps.patients.files import columns, csv_files, kept, steps
from apps.patients.models import ImportLine, PatientImport
from apps.patients.spelling import order_of

KEPT = timedelta(days=7)

State = PatientImport.State
Outcome = ImportLine.Outcome


class NotNow(Conflict):
    """It was confirmed, given up or imported already."""

    code = "import_not_now"
    message = gettext_lazy("This import has moved on. Look again.")


class BadMapping(Refusal):
    code = "bad_mapping"


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
        kept.keep(data, of=file)
    return file


def earlier_uploads(file: PatientImport) -> list[PatientImport]:
    """The same file, imported before."""
    same = PatientImport.objects.filter(content_token=file.content_token, state=State.DONE)
    return list(same.exclude(pk=file.pk).order_by("-uploaded_at")[:3])


def read_otherwise(file: PatientImport, *, encoding: str, separator: str) -> PatientImport:
    """The file is written otherwise than was guessed: its columns are guessed anew. Raises BadFile, NotNow, Emptied."""
    with transaction.atomic():
        file = _locked(file, State.UPLOADED, State.CHECKED)
        text = csv_files.decoded(kept.data_of(file), encoding)
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
        _refuse_bad_mapping(mapping, len(csv_files.header_of(kept.text_of(file), file.separator)))
        if date_order not in columns.DATES:
            raise BadMapping(_("Say in which order the dates are written."), field="date_order")
        if on_duplicate not in dict(ImportLine.CHOICES):
            raise BadMapping(_("Say what is to be done about likely duplicates."), field="on_duplicate")
        file.lines.all().delete()
        file.mapping, file.date_order, file.on_duplicate = list(mapping), date_order, on_duplicate
        file.state, file.reached, file.fine, file.refused, file.duplicates = State.CHECKING, 0, 0, 0, 0
        file.save()
        return steps.check_step(file, at=at)


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
        outbox.put(steps.KIND, {"import": str(file.pk)})
    return file


def give_up(file: PatientImport, *, at: datetime) -> PatientImport:
    """Do not import it; the file is deleted. Raises NotNow once it was confirmed."""
    with transaction.atomic():
        file = _locked(file, State.UPLOADED, State.CHECKING, State.CHECKED, emptied_too=True)
        file.state, file.ended_at = State.CANCELLED, at
        file.save(update_fields=["state", "ended_at"])
        return kept.emptied(file, at=at)


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
            kept.emptied(file, at=at)
    return len(files)


def report(file: PatientImport) -> Iterator[list[str]]:
    """What was not imported, and why: the file's own columns, with the row's number and the reasons before them."""
    header, rows = [], {}
    if file.emptied_at is None:
        text = kept.text_of(file)
        header = csv_files.header_of(text, file.separator)
        rows = dict(csv_files.rows_of(text, file.separator))
    yield [_("Row"), _("What happened"), _("Why"), *header]
    lines = file.lines.filter(outcome__in=[Outcome.REFUSED, Outcome.SKIPPED]).select_related("known").order_by("row")
    for line in lines.iterator(chunk_size=500):
        words = [f"{columns.label_of(field)}: {text}" if field else text for field, text in line.problems]
        if line.known is not None:
            words.append(_("looks like %(number)s") % {"number": line.known.number})
        yield [str(line.row), str(line.get_outcome_display()), "; ".join(words), *rows.get(line.row, [])]


def _locked(file: PatientImport, *states: str, emptied_too: bool = False) -> PatientImport:
    file = PatientImport.objects.select_for_update().get(pk=file.pk)
    if file.state not in states:
        raise NotNow
    if file.emptied_at is not None and not emptied_too:
        raise kept.Emptied
    return file


def _date_order(text: str, separator: str, mapping: Sequence[str]) -> str:
    otherwise = order_of(profile.current().locale)
    if "birth_date" not in mapping:
        return otherwise
    place = mapping.index("birth_date")
    rows = kept.first_of(csv_files.rows_of(text, separator), 2000)
    return columns.order_of_dates([row[place] for _number, row in rows if len(row) > place], otherwise)


def _refuse_bad_mapping(mapping: Sequence[str], width: int) -> None:
    chosen = [field for field in mapping if field]
    if len(mapping) != width or set(chosen) - set(columns.FIELDS):
        raise BadMapping(_("Say for each column what it is."))
    for field in chosen:
        if chosen.count(field) > 1:
            raise BadMapping(_("Two columns are matched with %(field)s.") % {"field": columns.label_of(field)})
    if "full_name" in chosen and {"given_name", "family_name"} & set(chosen):
        raise BadMapping(_("Match either the full name, or given and family name: one would overwrite the other."))
    if not {"given_name", "full_name", "number"} & set(chosen):
        raise BadMapping(_("Match a column with the given name, the full name or the patient number."))
