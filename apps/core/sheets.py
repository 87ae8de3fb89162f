"""Files for spreadsheets: plain numbers, and what looks like a formula is told to be text."""

import csv
import io
import zlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse, StreamingHttpResponse

ROWS_A_PIECE = 2_000
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(words: object) -> str:
    """The cell's text, with an apostrophe before it where a spreadsheet would otherwise run it."""
    text = str(words)
    return f"'{text}" if text.lstrip().startswith(RISKY) or text.startswith(RISKY) else text


def exact(amount: Decimal, unit: Decimal) -> str:
    """A plain number with the currency's decimals, which every spreadsheet reads."""
    return f"{amount.quantize(unit):f}"


def sheet_named(name: str) -> tuple[HttpResponse, Any]:
    """An answer that is a CSV file of this name, and what writes its rows."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response.write("\N{BYTE ORDER MARK}")  # or spreadsheets take it for another alphabet
    return response, csv.writer(response)


def long_sheet_named(name: str, rows: Iterable[list[Any]]) -> StreamingHttpResponse:
    """The same for a file of any length: its rows are read now, in this transaction, and kept packed until they go."""
    pieces = [zlib.compress(_lines(piece, first=number == 0), 1) for number, piece in enumerate(_cut(rows))]
    response = StreamingHttpResponse(
        (zlib.decompress(piece) for piece in pieces), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _cut(rows: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
    rows = iter(rows)
    while piece := list(islice(rows, ROWS_A_PIECE)):
        yield piece


def _lines(rows: list[list[Any]], *, first: bool) -> bytes:
    page = io.StringIO("\N{BYTE ORDER MARK}" if first else "", newline="")
    page.seek(0, io.SEEK_END)
    csv.writer(page).writerows(rows)
    return page.getvalue().encode()


def refused_sheet(form: BaseForm) -> HttpResponse:
    """What is wrong with the question, in words, instead of a file."""
    words = "\n".join(str(words) for errors in form.errors.values() for words in errors)
    return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
