"""Files for spreadsheets: nobody's formula, and the same words when they come back."""

import csv
import io

import pytest

from apps.core import sheets

RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=x", "\nx", " =1", " \t@x", "\N{NO-BREAK SPACE}=1"]


@pytest.mark.parametrize("words", RISKY)
def test_a_cell_that_a_sheet_would_run_becomes_text(words: str) -> None:
    assert sheets.safe(words) == "'" + words


@pytest.mark.parametrize("words", [*RISKY, *(f"'{words}" for words in RISKY), "''=1", "Cash", "'tis", "", "'", " x"])
def test_a_cell_is_read_as_it_was_meant(words: str) -> None:
    assert sheets.meant(sheets.safe(words)) == words


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert [sheets.safe(words) for words in ("Cash", "a=b", "'tis", 5)] == ["Cash", "a=b", "'tis", "5"]


def test_a_long_file_is_one_file_with_one_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_A_PIECE", 2)
    rows = [[f"{number}", "a, b"] for number in range(5)]
    answer = sheets.long_sheet_named("all.csv", iter(rows))
    text = b"".join(answer).decode()  # type: ignore[arg-type]
    assert (text[0], list(csv.reader(io.StringIO(text[1:])))) == ("\N{BYTE ORDER MARK}", rows)
    assert answer["Content-Disposition"] == 'attachment; filename="all.csv"'
