from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_somebody_can_always_let_people_in")]

    operations = [migrations.RemoveField("user", "preferences")]
