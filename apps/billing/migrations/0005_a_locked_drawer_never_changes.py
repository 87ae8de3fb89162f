from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    """Money falls into open drawers only; what was counted stays, and what is locked never changes."""

    dependencies = [("billing", "0004_drawers")]

    operations = guards(__file__, "drawers")
