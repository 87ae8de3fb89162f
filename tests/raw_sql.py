"""Whoever writes past the rules, by SQL."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction


def refused(statement: str, *values: Any, match: str | None = None) -> None:
    """The statement fails, and so does it for whoever defers everything to COMMIT."""
    with pytest.raises(DatabaseError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
