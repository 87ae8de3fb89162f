from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    """A time that is offered comes with its rooms; each clinic says how long it is kept."""

    dependencies = [("scheduling", "0002_nobody_is_booked_twice")]

    operations = [
        migrations.AddField("waitlistoffer", "resources", ArrayField(models.UUIDField(), default=list)),
        migrations.AddField(
            "arrivalsettings",
            "offers_stand_for",
            models.PositiveSmallIntegerField(
                "a time that is offered from the waitlist is kept for",
                default=120,
                help_text="Minutes, from 5 to 10080 (a week); never past the time itself.",
            ),
        ),
        migrations.AddConstraint(
            "arrivalsettings",
            models.CheckConstraint(
                condition=models.Q(offers_stand_for__range=(5, 10080)), name="arrival_offers_stand_for"
            ),
        ),
    ]
