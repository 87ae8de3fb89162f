from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0009_merged_records_elsewhere"),
        ("scheduling", "0020_nobody_books_what_is_held"),
    ]

    operations = [
        migrations.RunSQL(statements(SQL / "overrides_of_merged.sql"), statements(SQL / "no_overrides_of_merged.sql"))
    ]
