from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0008_what_is_asked_for_names_its_rooms")]

    operations = [
        migrations.AddField(
            model_name="overriderequest",
            name=name,
            field=models.ForeignKey(
                null=True, on_delete=models.PROTECT, related_name="+", to="scheduling.appointment"
            ),
        )
        for name in ("follow_up_for", "reschedule_of")
    ]
