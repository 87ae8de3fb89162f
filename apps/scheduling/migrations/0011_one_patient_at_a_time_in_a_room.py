from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0010_rooms_and_equipment")]

    operations = [migrations.RunSQL(statements(SQL / "resources.sql"), statements(SQL / "no_resources.sql"))]
