from pathlib import Path

from django.db import migrations

from apps.core.sql import statements


class Migration(migrations.Migration):
    """Messages hold links that let people in, and a gateway's key moves money: the trail keeps neither."""

    dependencies = [("tenants", "0008_all_hosts_of_a_clinic_are_alike")]

    # Every statement of the walls may be repeated. Backwards there is nothing to do: the walls stay.
    operations = [
        migrations.RunSQL(tuple(statements(Path(__file__).parent / "sql" / "walls.sql")), migrations.RunSQL.noop),
    ]
