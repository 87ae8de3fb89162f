from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0007_calendars")]

    operations = [
        migrations.RunSQL(statements(SQL / "leave.sql"), statements(SQL / "no_leave.sql")),
        migrations.RunSQL(statements(SQL / "sites.sql"), statements(SQL / "no_sites.sql")),
    ]
