"""The CSV files of a Synthea export, read one line at a time; whatever is odd about them is said in words."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from apps.core.clock import NoSuchDay, refuse_odd_year

# Synthea writes the beginning of 1970 where it has no moment.
NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR_OF_LIVES = 1850
OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK": "a spreadsheet or a zip archive, not CSV"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
LONGEST_SHOWN = 40
MOST_LINES_OF_A_FIELD = 100
NOT_CLOSED = "unexpected end of data"  # of the csv module: a quoted field is still open


class UnusableExport(Exception):
    """The folder or one of its files cannot be read as a Synthea export at all."""


class BadRow(Exception):
    """One line cannot be what it says. Its text says why, for the person who runs the import."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file and a line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} line {self.line}"


@dataclass(slots=True)
class Row:
    """One line of a file, by the names of its columns. `now` is when it is read, on the clinic's clock."""

    place: Place
    values: dict[str, str]
    now: datetime
    problem: str = ""  # why it is no line of this file at all
    oddities: list[str] = field(default_factory=list)  # what was read otherwise than it stands there

    def text(self, column: str) -> str:
        """What stands there, without spaces around it; nothing where the export has no such column."""
        value = self.values.get(column, "").strip()
        if "\0" in value:
            raise BadRow(f"{column} holds signs that cannot be read.")
        if value[:1] in {"=", "@"}:
            raise BadRow(f"{column} looks like a formula of a spreadsheet.")
        return value

    def id(self, column: str) -> str:
        value = self.text(column)
        if not value:
            raise BadRow(f"{column} is empty.")
        if len(value) > 90:
            raise BadRow(f"{column} is too long to be an id.")
        return value

    def moment(self, column: str) -> datetime | None:
        """The moment, in UTC as Synthea writes it; None where there is none."""
        value = self.text(column)
        if not value:
            return None
        try:
            if not MOMENT.fullmatch(value):
                raise ValueError
            moment = datetime.fromisoformat(value)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise BadRow(f"{column} is not a date and time: {_shown(value)}") from None
        if moment > self.now:
            raise BadRow(f"{column} lies in the future: {_shown(value)}")
        try:  # it makes numbers of the clinic's year
            refuse_odd_year(moment.astimezone(self.now.tzinfo), field=column)
        except (NoSuchDay, OverflowError):
            raise BadRow(f"{column} has a year that cannot be right: {_shown(value)}") from None
        return None if moment == NO_MOMENT else moment

    def day(self, column: str) -> date | None:
        """The day of a birth or a death: numbers do not have its year."""
        value = self.text(column)
        if not value:
            return None
        try:
            day = date.fromisoformat(value[:10])
        except ValueError:
            raise BadRow(f"{column} is not a date.") from None  # perhaps a birth date: not shown
        if day > self.now.date():
            raise BadRow(f"{column} lies in the future.")
        if day.year < FIRST_YEAR_OF_LIVES:
            raise BadRow(f"{column} has a year that cannot be right.")
        return day

    def amount(self, *columns: str) -> Decimal | None:
        """The first of these columns that holds an amount other than zero, or else zero; None where all are empty."""
        found = None
        for column in columns:
            if value := self.text(column):
                try:
                    found = Decimal(value)
                except InvalidOperation:
                    raise BadRow(f"{column} is not an amount: {_shown(value)}") from None
                if not found.is_finite() or abs(found.adjusted()) > 12:
                    raise BadRow(f"{column} is not an amount: {_shown(value)}")
                if found:
                    break
        return found


def rows_of(folder: Path, file: str, needed: Sequence[str], now: datetime) -> Iterator[Row]:
    """Each line of a file; one that does not fit the header comes with its problem.

    Raises UnusableExport where the file is missing, in another encoding, or lacks a column.
    """
    path = folder / file
    try:
        with path.open("rb") as raw:
            start = raw.read(4)
    except FileNotFoundError:
        raise UnusableExport(f"There is no {file} in {folder}.") from None
    except OSError as problem:
        raise UnusableExport(f"{file} cannot be read: {problem.strerror}.") from None
    for mark, name in OTHER_ENCODINGS.items():
        if start.startswith(mark):
            raise UnusableExport(f"{file} is {name}. Save it as CSV in UTF-8, as Synthea writes it.")
    with path.open(encoding="utf-8-sig", newline="") as text:
        lines, line = _lines(text), 0
        try:
            line, names = next(lines, (1, []))
            header = [name.strip().upper() for name in names]
            _refuse_bad_header(file, header, needed)
            for line, fields in lines:
                if fields:
                    fits = len(fields) == len(header)
                    words = "" if fits else f"This line has {len(fields)} fields, the header names {len(header)}."
                    yield Row(Place(file, line), dict(zip(header, fields, strict=False)), now, words)
        except UnicodeDecodeError:
            raise UnusableExport(
                f"{file} is not in UTF-8 (after line {line}). Save it in UTF-8, as Synthea writes it."
            ) from None
        except csv.Error as problem:
            raise UnusableExport(f"{file} cannot be read from line {problem.args[0]} on: {problem.args[1]}.") from None


def _lines(text: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The fields of each line, and its number. Raises csv.Error with the number and why.

    A line that is no CSV because a field begins with a quotation mark is read as Synthea writes it: unquoted.
    """
    first, pieces = 1, list[str]()  # a quoted field may go on in the next lines
    for number, piece in enumerate(text, start=1):
        pieces.append(piece)
        try:
            fields = next(csv.reader(pieces, strict=True))
        except csv.Error as problem:
            if NOT_CLOSED in str(problem) and len(pieces) < MOST_LINES_OF_A_FIELD:
                continue
            if len(pieces) > 1:
                raise csv.Error(first, str(problem)) from None
            fields = piece.rstrip("\r\n").split(",")
        yield first, fields
        first, pieces = number + 1, []
    if pieces:
        raise csv.Error(first, "a quotation mark is not closed")


def _refuse_bad_header(file: str, header: list[str], needed: Sequence[str]) -> None:
    if not header:
        raise UnusableExport(f"{file} is empty: it has not even a header.")
    if missing := [column for column in needed if column not in header]:
        hint = " Are its columns separated by commas?" if len(header) == 1 else ""
        raise UnusableExport(f"{file} lacks the column {', '.join(missing)}.{hint}")
    if len(set(header)) < len(header):
        raise UnusableExport(f"{file} names a column twice in its header.")


def _shown(value: str) -> str:
    return f"“{value[:LONGEST_SHOWN]}{'…' if len(value) > LONGEST_SHOWN else ''}”"
