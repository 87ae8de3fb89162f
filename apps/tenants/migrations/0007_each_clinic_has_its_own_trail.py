from pathlib import Path

from django.db import migrations

from apps.core.sql import statements


class Migration(migrations.Migration):
    """A clinic's trail is written by functions of its own, so that PostgreSQL keeps their plans.

    tenancy.guard makes them when the clinic's own migrations are run, and moves its triggers to them; until then these
    call the function that stood here before (tenancy.record_change, which new databases never get).
    """

    dependencies = [("tenants", "0006_readings_are_recorded_together")]

    # Every statement of the walls may be repeated. Backwards there is nothing to do: the walls stay.
    operations = [
        migrations.RunSQL(tuple(statements(Path(__file__).parent / "sql" / "walls.sql")), migrations.RunSQL.noop),
        migrations.RunSQL(("DROP FUNCTION IF EXISTS tenancy.record_reads(uuid[], text)",), migrations.RunSQL.noop),
    ]
