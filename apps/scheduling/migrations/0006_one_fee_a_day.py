from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0005_fees")]

    operations = [migrations.RunSQL(statements(SQL / "fees.sql"), statements(SQL / "no_fees.sql"))]
