from django.db import migrations

from apps.core.sql import pinned


class Migration(migrations.Migration):
    """The guards of what is posted most are written so that PostgreSQL keeps their plans; what they refuse stays."""

    dependencies = [("billing", "0025_lines_are_added_up_once")]

    operations = pinned(__file__, "kept_plans")
