from django.db import migrations


class Migration(migrations.Migration):
    """A record that was merged into another gets no new appointments; those that it has stay (patients_refuse_merged)."""

    dependencies = [
        ("scheduling", "0006_one_fee_a_day"),
        ("patients", "0007_records_become_one"),
    ]

    operations = [
        migrations.RunSQL(
            [
                "CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON scheduling_appointment"
                " FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')",
                "ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER not_for_merged",
            ],
            ["DROP TRIGGER not_for_merged ON scheduling_appointment"],
        )
    ]
