from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(statements(SQL / "role_guards.sql"), statements(SQL / "no_role_guards.sql"))]
