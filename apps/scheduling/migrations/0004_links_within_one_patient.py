from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0003_appointment_channel_and_links")]

    operations = [migrations.RunSQL(statements(SQL / "links.sql"), statements(SQL / "no_links.sql"))]
