from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0014_reminders")]

    operations = [migrations.RunSQL(statements(SQL / "reminders.sql"), statements(SQL / "no_reminders.sql"))]
