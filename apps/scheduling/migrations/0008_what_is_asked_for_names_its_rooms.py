from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0007_plans_are_kept")]

    operations = [
        migrations.AddField(
            model_name="overriderequest",
            name="resources",
            field=ArrayField(
                base_field=models.UUIDField(),
                default=list,
                help_text="Rooms and equipment that were asked for by name.",
                size=None,
            ),
        ),
    ]
