"""Files for spreadsheets: plain numbers, and what looks like a formula is told to be text."""

import csv
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from django.forms import BaseForm
from django.http import HttpResponse, StreamingHttpResponse

MARK = "\N{BYTE ORDER MARK}"  # without it spreadsheets take a file for another alphabet
ROWS_A_PIECE = 2_000
Row = TypeVar("Row")
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(words: object) -> str:
    """The cell's text, with an apostrophe before it where a spreadsheet would run it; `meant` takes it off again."""
    text = str(words)
    return f"'{text}" if _would_run(text) else text


def meant(cell: str) -> str:
    """A cell's text as it was before `safe`, or before a spreadsheet guarded it in the same way."""
    return cell[1:] if cell.startswith("'") and _would_run(cell) else cell


def _would_run(text: str) -> bool:
    """Also behind an apostrophe that stands there already: nobody could tell it from ours."""
    bare = text.lstrip("'")
    return bare.startswith(RISKY) or bare.lstrip().startswith(RISKY)


def exact(amount: Decimal, unit: Decimal) -> str:
    """A plain number with the currency's decimals, which every spreadsheet reads."""
    return f"{amount.quantize(unit):f}"


def sheet_named(name: str) -> tuple[HttpResponse, Any]:
    """An answer that is a CSV file of this name, and what writes its rows."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response.write(MARK)
    return response, csv.writer(response)


def long_sheet_named(name: str, rows: Iterable[list[Any]]) -> StreamingHttpResponse:
    """The same for a file of any length: its rows are read now, in this transaction, and kept packed until they go."""
    pieces = [packed(piece, mark=number == 0) for number, piece in enumerate(cut(rows, ROWS_A_PIECE))]
    return sheet_of(name, unpacked(pieces))


def sheet_of(name: str, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    """An answer that is a CSV file of this name, of these pieces: kept by whoever asked, and by nothing in between."""
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def cut(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """As many rows at a time."""
    rows = iter(rows)
    while piece := list(islice(rows, size)):
        yield piece


def packed(rows: Iterable[Sequence[Any]], *, mark: bool = False) -> bytes:
    """Lines of a CSV file, small enough to wait in memory; with the mark of UTF-8 if it begins the file."""
    page = io.StringIO(MARK if mark else "", newline="")
    page.seek(0, io.SEEK_END)
    csv.writer(page).writerows(rows)
    return zlib.compress(page.getvalue().encode(), 1)


def unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What `packed` made, to be sent."""
    return (zlib.decompress(piece) for piece in pieces)


def refused_sheet(form: BaseForm) -> HttpResponse:
    """What is wrong with the question, in words, instead of a file."""
    words = "\n".join(str(words) for errors in form.errors.values() for words in errors)
    return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
