from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0016_waitlist")]

    operations = [migrations.RunSQL(statements(SQL / "offers.sql"), statements(SQL / "no_offers.sql"))]
