from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = guards(__file__, "role_guards")
