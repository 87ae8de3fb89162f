from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = guards(__file__, "walls")
