from django.db import migrations

from apps.core.sql import pinned


class Migration(migrations.Migration):
    """The guard of every row about a patient is written so that PostgreSQL keeps its plans; what it refuses stays."""

    dependencies = [("patients", "0002_what_is_written_stays")]

    operations = pinned(__file__, "kept_plans")
