"""Spans of time as PostgreSQL compares them: an index over ranges finds what overlaps without reading the years before.

`WHEN_BUSY` is such a span of a model with `busy_from` and `busy_until`, for its index; `overlapping` uses it.
"""

from datetime import datetime
from typing import Any, TypeVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Func, QuerySet
from django.db.models.functions import Greatest

Rows = TypeVar("Rows", bound=QuerySet[Any])
WHEN_BUSY = Func("busy_from", "busy_until", function="tstzrange", output_field=DateTimeRangeField())


def overlapping(rows: Rows, start: datetime, end: datetime) -> Rows:
    """Rows that may be busy between these moments, both included: at least all that overlap a half-open span."""
    ends = Greatest(start, end)
    span = Func(start, ends, template="tstzrange(%(expressions)s, '[]')", output_field=DateTimeRangeField())
    return rows.alias(when_busy=WHEN_BUSY).filter(when_busy__overlap=span)
