from pathlib import Path

from django.db import migrations

from apps.core.sql import statements


class Migration(migrations.Migration):
    """The guard of every row about a patient is written so that PostgreSQL keeps its plans; what it refuses stays."""

    dependencies = [("patients", "0002_what_is_written_stays")]

    # Backwards there is nothing to do: the guard is the same, and whoever takes it down does so by name.
    operations = [
        migrations.RunSQL(tuple(statements(Path(__file__).parent / "sql" / "kept_plans.sql")), migrations.RunSQL.noop),
    ]
