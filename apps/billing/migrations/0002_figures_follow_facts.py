from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            statements(SQL / "figures_follow_facts.sql"), statements(SQL / "figures_follow_facts_reverse.sql")
        )
    ]
