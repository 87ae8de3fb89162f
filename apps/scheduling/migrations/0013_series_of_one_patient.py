from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0012_appointment_series")]

    operations = [migrations.RunSQL(statements(SQL / "series.sql"), statements(SQL / "no_series.sql"))]
