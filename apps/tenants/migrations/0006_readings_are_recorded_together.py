from pathlib import Path

from django.db import migrations

from apps.core.sql import statements


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_derived_tables_are_told")]

    # Every statement of the walls may be repeated. Backwards there is nothing to do: the walls stay.
    operations = [
        migrations.RunSQL(tuple(statements(Path(__file__).parent / "sql" / "walls.sql")), migrations.RunSQL.noop),
        migrations.RunSQL(("DROP FUNCTION IF EXISTS tenancy.record_read(uuid, text)",), migrations.RunSQL.noop),
    ]
