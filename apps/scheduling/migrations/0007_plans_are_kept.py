from django.db import migrations

from apps.core.sql import pinned


class Migration(migrations.Migration):
    """The guards of what is booked most are written so that PostgreSQL keeps their plans; what they refuse stays."""

    dependencies = [("scheduling", "0006_types_say_when_they_are_charged")]

    operations = pinned(__file__, "kept_plans")
