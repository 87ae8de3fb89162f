from django.db import migrations, models


class Migration(migrations.Migration):
    """Zero: in the way of before. A worker indexes those rows anew (indexing.py)."""

    dependencies = [("patients", "0003_plans_are_kept")]

    operations = [
        migrations.AddField(
            model_name="patient",
            name="indexed_as",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
    ]
