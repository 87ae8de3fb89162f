from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_invoices_of_missed_visits"), ("patients", "0007_records_become_one")]

    operations = [
        migrations.RunSQL(statements(SQL / "one_person_pays.sql"), statements(SQL / "one_person_pays_reverse.sql"))
    ]
