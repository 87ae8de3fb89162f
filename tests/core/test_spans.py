"""What overlaps is found by an index, and exactly as comparing the ends finds it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.scheduling.models import Appointment, ResourceUse

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize("minutes", [0, -60, 45, 60 * 24 * 400])
def test_a_span_may_be_empty_turned_round_or_long(inside_riverside, minutes):
    end = NINE + timedelta(minutes=minutes)
    assert list(Appointment.objects.busy_between(NINE, end)) == list(Appointment.objects.between(NINE, end)) == []


@pytest.mark.parametrize(
    "rows",
    [
        Appointment.objects.between(NINE, NINE + timedelta(days=1)),
        Appointment.objects.busy_between(NINE, NINE + timedelta(days=1)),
        ResourceUse.objects.busy_between(NINE, NINE + timedelta(days=1)),
    ],
)
def test_years_of_appointments_are_not_read_for_a_day(inside_riverside, rows):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the tables are empty here
    assert re.search(r"Index Cond: .* && ", rows.order_by().explain())
