"""Rows that go in by SQL that is written once are the rows that Django would have written."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.billing.models import Invoice
from apps.core import inserting
from apps.core.clock import now
from apps.core.inserting import insert, insert_all
from apps.core.models import NumberSeries
from apps.core.numbering import Next, next_number
from apps.patients.models import Patient

DAY = date(2031, 5, 6)


def patient(number, by):
    return Patient(
        number=number,
        given_name="Asha",
        name_tokens=[7, 11],
        registered_at=now(),
        registered_by=by,
        last_activity_at=now(),
    )


def test_sealed_words_lists_and_the_clinic_s_id(riverside, cast):
    with riverside.inside(by=cast.ada):
        row = insert(patient("PAT-2026-90001", cast.ada))
        found = Patient.objects.get(pk=row.pk)
        assert row.tenant_id == found.tenant_id == riverside.id
        for field in Patient._meta.concrete_fields:
            assert getattr(row, field.attname) == getattr(found, field.attname), field.name
        assert found.full_name == "Asha"


def test_the_row_is_known_to_stand_there(riverside, cast):
    with riverside.inside(by=cast.ada):
        row = insert(patient("PAT-2026-90001", cast.ada))
        row.city = "Pune"
        with CaptureQueriesContext(connection) as asked:
            row.save()
        assert [query["sql"].split()[0] for query in asked] == ["UPDATE"]


def test_what_the_database_works_out_stands_on_the_row(riverside, cast):
    with riverside.inside(by=cast.ada):
        person = insert(patient("PAT-2026-90001", cast.ada))
        draft = Invoice(
            patient=person, source="desk", currency="INR", decimals=2, created_at=now(), created_by=cast.ada
        )
        insert(draft)
        assert (draft.status, draft.due) == ("draft", Decimal(0))
        assert insert(Group(name="Without a key of its own")).pk == Group.objects.get(name__startswith="Without").pk


def test_a_number_is_taken_in_the_same_statement_and_given_back_with_it(riverside, cast):
    with riverside.inside(by=cast.ada):
        next_number("PAT", on=DAY)
        with CaptureQueriesContext(connection) as asked:
            row = insert(patient("", cast.ada), number=Next("PAT", DAY))
        assert row.number == "PAT-2031-00002" == Patient.objects.get(pk=row.pk).number and len(asked) == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(Patient(pk=row.pk), number=Next("PAT", DAY))
        assert insert(patient("", cast.ada), number=Next("PAT", DAY)).number == "PAT-2031-00003"


def test_several_go_in_by_one_statement_and_none_by_no_statement(riverside, cast):
    with riverside.inside(by=cast.ada), CaptureQueriesContext(connection) as asked:
        two = insert_all(NumberSeries(series="WALL", year=year, last=year) for year in (2025, 2026))
        assert insert_all([]) == []
        assert len(asked) == 1
        assert list(NumberSeries.objects.filter(series="WALL").order_by("year")) == two


def test_more_values_than_a_statement_takes_go_in_by_several(riverside, cast, monkeypatch):
    monkeypatch.setattr(inserting, "MOST_VALUES", 8)  # two rows of four columns
    with riverside.inside(by=cast.ada), CaptureQueriesContext(connection) as asked:
        five = insert_all(NumberSeries(series="WALL", year=year, last=year) for year in range(2021, 2026))
        assert len(asked) == 3
        assert list(NumberSeries.objects.filter(series="WALL").order_by("year")) == five


def test_what_the_database_refuses_is_told_and_rolled_back(riverside, cast):
    with riverside.inside(by=cast.ada):
        insert(NumberSeries(series="WALL", year=2026))
        with pytest.raises(IntegrityError), transaction.atomic():
            try:
                insert(NumberSeries(series="WALL", year=2026))
            finally:
                assert connection.needs_rollback
        assert NumberSeries.objects.filter(series="WALL").count() == 1
