from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    """Links reach all records of a person, offered rooms are kept, nothing new goes to merged records, and whoever
    writes sees what was committed."""

    dependencies = [("patients", "0002_what_is_written_stays"), ("scheduling", "0003_offers_keep_rooms")]

    operations = guards(
        __file__, "links_of_one_person", "nothing_new_on_merged", "offered_rooms", "as_committed"
    )
