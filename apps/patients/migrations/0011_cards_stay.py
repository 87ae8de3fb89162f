from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Cards are not deleted, and a void one stays void."""

    dependencies = [("patients", "0010_id_cards")]

    operations = [migrations.RunSQL(statements(SQL / "cards_stay.sql"), statements(SQL / "cards_go.sql"))]
