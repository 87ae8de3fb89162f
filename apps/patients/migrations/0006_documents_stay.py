from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """What was filed is neither deleted nor changed, whoever writes."""

    dependencies = [("patients", "0005_documents")]

    operations = [migrations.RunSQL(statements(SQL / "documents_stay.sql"), statements(SQL / "documents_go.sql"))]
