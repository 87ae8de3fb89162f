import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0008_what_is_asked_for_names_its_rooms'),
    ]

    operations = [
        migrations.AddField(
            model_name='overriderequest',
            name='follow_up_for',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.appointment'),
        ),
        migrations.AddField(
            model_name='overriderequest',
            name='reschedule_of',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.appointment'),
        ),
    ]
