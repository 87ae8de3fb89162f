from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    """Of one name no two taxes on a day, and a line's tax is what its taxes come to."""

    dependencies = [("billing", "0007_lines_have_their_taxes")]

    operations = guards(__file__, "taxes")
