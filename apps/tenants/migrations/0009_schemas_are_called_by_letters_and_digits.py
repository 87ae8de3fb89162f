from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_all_hosts_of_a_clinic_are_alike")]

    operations = [
        migrations.RemoveConstraint(model_name="clinic", name="clinic_schema_name"),
        migrations.AddConstraint(
            model_name="clinic",
            constraint=models.CheckConstraint(
                condition=models.Q(("schema_name__regex", "^t_[0-9a-z]+$")), name="clinic_schema_name"
            ),
        ),
    ]
