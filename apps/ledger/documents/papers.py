"""Reports on paper: trial balances, statements, ageing … all with the clinic's letterhead and one look."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.clinic.letterhead import letterhead
from apps.core.typesetting import pdf_answer, typeset

TEMPLATE = Path(__file__).parent / "report.typ"
MOST_ROWS = 5_000  # some hundred pages: whoever wants more wants a spreadsheet


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head. Amounts stand at its end; one that grows takes what room is left."""

    words: str | Promise
    amount: bool = False
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    cells: Sequence[str]
    strong: bool = False  # a sum


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a report."""

    columns: Sequence[Column]
    rows: Iterable[Row]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A report: what it is called, for when, its figures (words and amount), tables and notes below them."""

    title: str
    subtitle: str
    sheets: Sequence[Sheet]
    about: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    wide: bool = False
    name: str = field(default="report", kw_only=True)  # of the file


def report_pdf(paper: Paper, *, at: datetime) -> bytes:
    """The report as PDF, on the paper of the clinic's country."""
    clinic = profile.current()
    made = date_format(at.astimezone(clinic.zone), "j M Y, H:i")
    data: dict[str, Any] = {
        **letterhead(clinic),
        "title": paper.title,
        "subtitle": paper.subtitle,
        "wide": paper.wide,
        "about": list(paper.about),
        "facts": [list(fact) for fact in paper.facts],
        "notes": [*paper.notes, _("Drawn %(moment)s, amounts in %(currency)s.") % {
            "moment": made, "currency": clinic.currency,
        }],
        "words": {},
        "sheets": [
            {
                "heading": sheet.heading,
                "columns": [
                    {"words": str(column.words), "amount": column.amount, "grows": column.grows}
                    for column in sheet.columns
                ],
                "rows": [{"cells": list(row.cells), "strong": row.strong} for row in sheet.rows],
            }
            for sheet in paper.sheets
        ],
    }  # fmt: skip
    return typeset(TEMPLATE, data, at=at)


def as_pdf(paper: Paper, *, at: datetime) -> HttpResponse:
    """The same as an answer that opens in the browser and is kept by nothing in between."""
    return pdf_answer(report_pdf(paper, at=at), paper.name)


def too_long(rows: int) -> HttpResponse | None:
    """What to say where a paper would have too many rows to be typeset, or nothing."""
    if rows <= MOST_ROWS:
        return None
    words = _("More than %(most)s rows: choose fewer days, or take the CSV.") % {"most": f"{MOST_ROWS:,}"}
    return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
