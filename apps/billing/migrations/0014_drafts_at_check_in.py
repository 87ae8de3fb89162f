from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0013_payment_links'),
        ('patients', '0002_what_is_written_stays'),
        ('scheduling', '0006_types_say_when_they_are_charged'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='invoice',
            name='one_invoice_per_completion',
        ),
        migrations.RemoveConstraint(
            model_name='invoice',
            name='invoice_of_a_visit_names_it',
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='follows_visit',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Nobody has changed it: until the visit is completed it says what the visit costs.'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='visit_part',
            field=models.CharField(blank=True, db_default='', default='', editable=False, help_text='What of its visit it charges.', max_length=10),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='source',
            field=models.CharField(choices=[('visit', 'Completed visit'), ('arrival', 'Visit, at check-in'), ('cancellation', 'Late cancellation'), ('no_show', 'No-show'), ('desk', 'Written at the desk'), ('imported', 'Imported')], default='desk', max_length=20, verbose_name='made from'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('source__in', ['visit', 'arrival']), ('voided_at__isnull', True)), fields=('appointment',), name='one_invoice_per_completion'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source__in', ['visit', 'arrival']), _negated=True), ('appointment__isnull', False), _connector='OR'), name='invoice_of_a_visit_names_it'),
        ),
        migrations.AddConstraint(
            model_name='invoiceline',
            constraint=models.CheckConstraint(condition=models.Q(('visit_part__in', ['visit', 'facility']), models.Q(('follows_visit', False), ('visit_part', '')), _connector='OR'), name='line_of_a_visit_says_what_of_it'),
        ),
    ]
