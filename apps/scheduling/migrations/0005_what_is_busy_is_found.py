from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import migrations, models

WHEN_BUSY = models.Func("busy_from", "busy_until", function="tstzrange", output_field=DateTimeRangeField())


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_one_person_and_their_rooms")]

    operations = [
        migrations.AddIndex("appointment", GistIndex(WHEN_BUSY, name="appointment_busy")),
        migrations.AddIndex("resourceuse", GistIndex(WHEN_BUSY, name="resource_use_busy")),
    ]
