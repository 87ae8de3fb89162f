from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0019_holds_and_override_requests")]

    operations = [migrations.RunSQL(statements(SQL / "holds.sql"), statements(SQL / "no_holds.sql"))]
