from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    """No overlaps of people, rooms and equipment (FR-S01), allowed moves only (FR-S02), whoever writes."""

    dependencies = [("patients", "0002_what_is_written_stays"), ("scheduling", "0001_initial")]

    operations = guards(
        __file__,
        "guards",
        "links",
        "fees",
        "leave",
        "sites",
        "resources",
        "series",
        "reminders",
        "offers",
        "waiting_room",
        "holds",
        "merged_records",
    )
