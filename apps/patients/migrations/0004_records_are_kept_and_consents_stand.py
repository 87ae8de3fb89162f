from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Entries keep their history, published texts do not change, what was signed stays."""

    dependencies = [("patients", "0003_what_is_known_of_patients")]

    operations = [
        migrations.RunSQL(statements(SQL / "record_is_kept.sql"), statements(SQL / "record_is_not_kept.sql")),
        migrations.RunSQL(statements(SQL / "consents_stand.sql"), statements(SQL / "consents_fall.sql")),
    ]
