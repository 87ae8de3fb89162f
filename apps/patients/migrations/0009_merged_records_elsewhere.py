from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Merged records in the tables of the departments above: one rule for all of them, kept in one place."""

    dependencies = [
        ("patients", "0008_duplicates_and_imports"),
        ("scheduling", "0002_no_overlapping_appointments"),
        ("billing", "0002_figures_follow_facts"),
    ]

    operations = [
        migrations.RunSQL(
            statements(SQL / "merged_records_elsewhere.sql"), statements(SQL / "merged_records_elsewhere_reverse.sql")
        )
    ]
