from pathlib import Path

from django.db import migrations

from apps.core.sql import statements


class Migration(migrations.Migration):
    """Messages hold links that let people in, and a gateway's key moves money: the trail keeps neither."""

    dependencies = [("tenants", "0009_schemas_are_called_by_letters_and_digits")]

    # Every statement of the walls may be repeated. Backwards there is nothing to do: the walls stay.
    operations = [
        migrations.RunSQL(tuple(statements(Path(__file__).parent / "sql" / "walls.sql")), migrations.RunSQL.noop),
    ]
