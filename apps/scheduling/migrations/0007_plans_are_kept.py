from pathlib import Path

from django.db import migrations

from apps.core.sql import statements


class Migration(migrations.Migration):
    """The guards of what is booked most are written so that PostgreSQL keeps their plans; what they refuse stays."""

    dependencies = [("scheduling", "0006_types_say_when_they_are_charged")]

    # Backwards there is nothing to do: the guards are the same, and whoever takes them down does so by name.
    operations = [
        migrations.RunSQL(tuple(statements(Path(__file__).parent / "sql" / "kept_plans.sql")), migrations.RunSQL.noop),
    ]
