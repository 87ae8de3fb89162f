from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0005_what_is_busy_is_found'),
    ]

    operations = [
        migrations.AddField(
            model_name='appointmenttype',
            name='charged_when',
            field=models.CharField(choices=[('completion', 'When the visit is completed'), ('check_in', 'At check-in')], default='completion', help_text='At check-in, patients can pay the invoice before they are seen.', max_length=10, verbose_name='the draft invoice is made'),
        ),
        migrations.AddConstraint(
            model_name='appointmenttype',
            constraint=models.CheckConstraint(condition=models.Q(('charged_when__in', ['completion', 'check_in'])), name='appointment_type_charged_when'),
        ),
    ]
