from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0009_credit_notes_and_write_offs'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='tendered',
            field=models.DecimalField(blank=True, decimal_places=3, help_text='The cash that was put on the desk; the rest is change.', max_digits=18, null=True, verbose_name='tendered'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('tendered', None), models.Q(('method', 'cash'), ('tendered__gte', models.F('amount'))), _connector='OR'), name='payment_tendered_covers_it'),
        ),
    ]
