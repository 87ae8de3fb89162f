from pathlib import Path

from django.db import migrations

from apps.core.sql import statements


class Migration(migrations.Migration):
    """A clinic's trail is written by a function of its own, so that PostgreSQL keeps its plans.

    tenancy.guard moves the triggers of a clinic when its own migrations are run; until then they call the function
    that stood here before (tenancy.record_change, which new databases never get).
    """

    dependencies = [("tenants", "0006_readings_are_recorded_together")]

    # Every statement of the walls may be repeated. Backwards there is nothing to do: the walls stay.
    operations = [
        migrations.RunSQL(tuple(statements(Path(__file__).parent / "sql" / "walls.sql")), migrations.RunSQL.noop),
    ]
