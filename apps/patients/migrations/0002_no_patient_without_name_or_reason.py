from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Sealed columns that must not be empty. Django's own constraints would seal nothing and compare ciphertext."""

    dependencies = [("patients", "0001_initial")]

    operations = [
        migrations.RunSQL(
            statements(SQL / "no_patient_without_name_or_reason.sql"),
            [
                "ALTER TABLE patients_patient DROP CONSTRAINT patient_given_name, "
                "DROP CONSTRAINT patient_blocked_for_a_reason, DROP CONSTRAINT patient_deactivated_for_a_reason, "
                "DROP CONSTRAINT patient_estimates_something"
            ],
        )
    ]
