"""Files of rows as other programs write them: which encoding, which separator, which lines. Reads; never believes."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from charset_normalizer import from_bytes
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.refusals import Refusal

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
MOST_LINES = 1_100_000  # empty ones as well: a spreadsheet saved whole has 1,048,576
MOST_COLUMNS = 200
SAMPLE = 64 * 1024
SEPARATORS = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar")}
ENCODINGS: dict[str, str] = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "shift_jis": "Shift JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "euc_kr": "EUC-KR (Korean)",
}
ALIKE = {"cp1250", "cp1252", "cp1254", "latin_1", "iso8859_1", "iso8859_15", "mac_roman", "cp437", "cp850", "hp_roman8"}
ENOUGH_TO_TELL = 200
SAYS_SEPARATOR = re.compile(r"\A\ufeff?\"?sep=.\"?(\r\n|\n|\r)", re.IGNORECASE)  # Excel does not show this line either
# What a file begins with that only calls itself .csv.
OTHER_KINDS: dict[bytes, str | Promise] = {
    b"PK\x03\x04": _("This is an Excel workbook or a zip file. Save it as CSV first."),
    b"\xd0\xcf\x11\xe0": _("This is an old Excel workbook. Save it as CSV first."),
    b"%PDF": _("This is a PDF, not a CSV file."),
    b"\x89PNG": _("This is a picture, not a CSV file."),
    b"\xff\xd8\xff": _("This is a picture, not a CSV file."),
    b"GIF8": _("This is a picture, not a CSV file."),
    b"\x1f\x8b": _("This file is packed (gzip). Unpack it first."),
    b"{\\rtf": _("This is a text document, not a CSV file."),
    b"<?xml": _("This is an XML file, not a CSV file."),
    b"<!DOC": _("This is a web page, not a CSV file."),
    b"<html": _("This is a web page, not a CSV file."),
}


class BadFile(Refusal):
    """The file cannot be read as rows. Says what it is or what is wrong with it; never what stands in it."""

    code = "bad_file"
    field = "file"


@dataclass(frozen=True, slots=True)
class Guess:
    """How a file is probably written."""

    encoding: str
    separator: str


def look_at(data: bytes) -> Guess:
    """Guess encoding and separator, for somebody to confirm. Raises BadFile for what is no file of rows at all."""
    if not data.strip():
        raise BadFile(_("This file is empty."))
    if len(data) > MOST_BYTES:
        raise BadFile(_("This file is larger than 20 MB. Split it."))
    for beginning, words in OTHER_KINDS.items():
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[: len(beginning)].lower() == beginning.lower():
            raise BadFile(words)
    encoding = _encoding(data)
    text = decoded(data, encoding)
    return Guess(encoding, _separator(text[:SAMPLE]))


def decoded(data: bytes, encoding: str) -> str:
    """The text of a file. Raises BadFile where it holds what no text in this encoding can."""
    if encoding not in ENCODINGS:
        raise BadFile(_("Choose an encoding of the list."), field="encoding")
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, UnicodeError):
        raise BadFile(_("This file is not written in that encoding. Choose another."), field="encoding") from None
    if "\0" in text:
        raise BadFile(_("This file holds signs that no text has: it is damaged, or no CSV file."))
    return SAYS_SEPARATOR.sub("", text)


def header_of(text: str, separator: str) -> list[str]:
    """The names of the columns. Raises BadFile."""
    header = next(_lines(text, separator), None)
    if header is None:
        raise BadFile(_("This file has no rows."))
    names = [" ".join(name.split()) for name in header]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise BadFile(_("The first row must hold the names of the columns; it is empty."))
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if name and (before := seen.setdefault(name.casefold(), place)) != place:
            raise BadFile(
                _("Columns %(one)d and %(other)d have the same name. Rename one of them.")
                % {"one": before, "other": place}
            )
    return names


def rows_of(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row after the header that is not empty, numbered as a spreadsheet does (the header is row 1).

    Raises BadFile where a quotation mark is never closed, a row is far too wide, or there are too many, empty or not.
    """
    lines = _lines(text, separator)
    next(lines, None)
    count = 0
    for number, row in enumerate(lines, start=2):
        if number > MOST_LINES:
            raise BadFile(_("This file has more than a million lines, nearly all of them empty. Remove those."))
        if any(cell.strip() for cell in row):
            count += 1
            if count > MOST_ROWS:
                raise BadFile(_("This file has more than 100,000 rows. Split it."))
            yield number, row


def _lines(text: str, separator: str) -> Iterator[list[str]]:
    if separator not in SEPARATORS:
        raise BadFile(_("Choose a separator of the list."), field="separator")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for row in reader:
            number += 1
            if len(row) > MOST_COLUMNS:
                raise BadFile(
                    _("Row %(row)d has %(count)d columns; at most %(most)d can be read. Is the separator right?")
                    % {"row": number, "count": len(row), "most": MOST_COLUMNS}
                )
            yield row
    except csv.Error:
        raise BadFile(
            _("Row %(row)d cannot be read: a quotation mark is not closed, or stands where it must not.")
            % {"row": number + 1}
        ) from None


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in data[:SAMPLE]:
        raise BadFile(_("This file holds signs that no text has: it is damaged, or no CSV file."))
    try:
        data.decode("utf-8-sig")
        return "utf-8-sig"
    except UnicodeDecodeError:
        telling = _with_strange_signs(data)
        best = from_bytes(telling).best()
        name = best.encoding if best else "cp1252"
        # A few accents look alike in all of Europe's code pages; the commonest is likeliest.
        few = sum(byte > 127 for byte in telling) < ENOUGH_TO_TELL and name in ALIKE and _reads(data, "cp1252")
        if few or name not in ENCODINGS:
            name = "cp1252"
    try:
        data.decode(name)
    except UnicodeDecodeError:
        name = next((other for other in ENCODINGS if _reads(data, other)), "")
        if not name:
            raise BadFile(_("This file is not text in any encoding that we know.")) from None
    return name


def _with_strange_signs(data: bytes) -> bytes:
    """The lines that tell encodings apart; in a long file they may come late."""
    telling = [line for line in data.splitlines() if not line.isascii()]
    return b"\n".join(telling)[:SAMPLE]


def _reads(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeError:
        return False
    return True


def _separator(text: str) -> str:
    """The one that parts the first rows into the same number of columns, and into most of them."""
    best, most = ",", 0
    for separator in SEPARATORS:
        widths: list[int] = []
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
                if row:
                    widths.append(len(row))
                if len(widths) == 20:
                    break
        except csv.Error:
            continue
        steady = min(widths[:-1] or widths, default=0)
        if steady > max(most, 1):
            best, most = separator, steady
    return best
