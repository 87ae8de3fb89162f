"""Every row of every table of the clinic that was entered, so that two moments can be compared."""

from typing import Any

from django.db import connection

# The trail only grows; merges and separations are facts of their own.
BESIDES = {"audit_event", "patients_patientmerge", "patients_patientseparation"}


def every_row(*, besides: set[str] = frozenset()) -> dict[str, list[str]]:  # type: ignore[assignment]
    """table → its rows as text, sorted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall() if name not in BESIDES | set(besides)]
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t ORDER BY 1')
            rows[table] = [text for (text,) in cursor.fetchall()]
    return rows


def opened(patient: Any) -> dict[str, Any]:
    """A patient's columns, opened."""
    return {field.attname: getattr(patient, field.attname) for field in type(patient)._meta.concrete_fields}
