from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    """Nothing is written without what it needs, entries keep their history, and what was filed or signed stays."""

    dependencies = [("patients", "0001_initial")]

    operations = guards(__file__, "registration", "record", "consents", "documents", "cards", "merging")
