"""The journal through the API."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.reports.books import Role, issue, pay, void

PATH = "/api/v1/journal-entries/"


@pytest.fixture
def visit(riverside, cast):
    with riverside.inside(by=cast.bela):
        visit = issue(date(2026, 11, 2), "200.00", tax="36.00")
        pay(visit, date(2026, 11, 3), "100.00", Role.CARD)
        void(issue(date(2026, 11, 4), "5.00"), date(2026, 11, 5))
    return visit


@pytest.fixture
def bela(api, riverside, cast, visit):
    return api(riverside, cast.bela)


def test_an_entry_is_told_with_its_lines(bela, visit):
    entry = bela.get(f"{PATH}{visit.entry.pk}/").json()
    assert (entry["effective_on"], entry["source"], entry["source_id"]) == (
        "2026-11-02", "invoice_issued", str(visit.invoice)
    )  # fmt: skip
    assert [(line["role"], line["debit"], line["credit"]) for line in entry["lines"]] == [
        ("accounts_receivable", "236.000", "0.000"),
        ("deferred_revenue", "0.000", "200.000"),
        ("tax_payable", "0.000", "36.000"),
    ]
    assert entry["reversed_by"] is None


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 4), ({"first": "2026-11-03"}, 3), ({"last": "2026-11-02"}, 1), ({"source": "invoice_issued"}, 2),
        ({"role": "card"}, 1), ({"document": uuid4()}, 0), ({"known_at": "2026-11-02T12:00:00Z"}, 1),
    ],
)  # fmt: skip
def test_the_journal_is_filtered(bela, asked, count):
    assert len(bela.get(PATH, asked).json()["results"]) == count


def test_a_document_and_its_patient_lead_to_their_entries(bela, visit):
    for asked in ({"document": visit.invoice}, {"subject": visit.patient}):
        assert len(bela.get(PATH, asked).json()["results"]) == 2


def test_a_reversal_and_what_it_reverses_name_each_other(bela):
    newest, before, *_ = bela.get(PATH).json()["results"]
    assert (newest["reverses"], before["reversed_by"]) == (before["id"], newest["id"])


@pytest.mark.parametrize("asked", [{"first": "soon"}, {"role": "gold"}, {"subject": "x"}])
def test_nonsense_is_a_problem_with_its_field(bela, asked):
    answer = bela.get(PATH, asked)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == list(asked)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_journal_cannot_be_written_from_outside(bela, visit, method):
    assert getattr(bela, method)(PATH, {}).status_code == 405
    assert getattr(bela, method)(f"{PATH}{visit.entry.pk}/", {}).status_code == 405


def test_more_entries_take_no_more_questions(bela, riverside, cast):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            bela.get(PATH)
        return len(asked)

    few = questions()
    with riverside.inside(by=cast.bela):
        for _ in range(5):
            issue(date(2026, 11, 9), "10.00")
    assert questions() == few


def test_the_outsider_finds_nothing(api, lakeside, cast, visit):
    lena = api(lakeside, cast.lena)
    assert lena.get(PATH).json()["results"] == []
    assert lena.get(f"{PATH}{visit.entry.pk}/").status_code == 404
