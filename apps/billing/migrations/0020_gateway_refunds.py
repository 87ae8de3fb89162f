from decimal import Decimal

import apps.core.fields
import apps.core.ids
import apps.core.models
import apps.core.sealed
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import Together, guards


class Migration(migrations.Migration):
    """Money that goes back through the gateway by which it came."""

    dependencies = [
        ('billing', '0019_visits_on_price_lists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            migrations.CreateModel(
                name='GatewayRefund',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gateway_refunds', to='billing.payment')),
                    ('link', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='billing.paymentlink')),
                    ('amount', apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name='amount')),
                    ('reason', apps.core.sealed.SealedTextField(field_id='billing.gatewayrefund.reason', verbose_name='reason')),
                    ('source_reference', models.CharField(blank=True, default='', editable=False, max_length=80)),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reference', models.CharField(blank=True, default='', editable=False, max_length=100)),
                    ('sent_at', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('done_at', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('failed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                    ('failure', models.CharField(blank=True, default='', max_length=200, verbose_name='why it failed')),
                    ('status', models.GeneratedField(db_persist=True, expression=models.Case(models.When(done_at__isnull=False, then=models.Value('done')), models.When(failed_at__isnull=False, then=models.Value('failed')), default=models.Value('pending'), output_field=models.CharField(max_length=10)), output_field=models.CharField(choices=[('pending', 'On its way'), ('done', 'Given back'), ('failed', 'Could not be given back')], max_length=10, verbose_name='status'))),
                ],
                options={
                    'verbose_name': 'refund through the gateway',
                    'verbose_name_plural': 'refunds through the gateway',
                    'ordering': ('-at', '-id'),
                    'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['-at'], name='gateway_refund_in_trouble')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='gateway_refund_is_positive'), models.CheckConstraint(condition=models.Q(('done_at', None), ('failed_at', None), _connector='OR'), name='gateway_refund_done_or_failed'), models.CheckConstraint(condition=models.Q(('failed_at', None), models.Q(('failure', ''), _negated=True), _connector='OR'), name='gateway_refund_failed_for_a_reason'), models.UniqueConstraint(condition=models.Q(('source_reference', ''), _negated=True), fields=('source_reference',), name='one_gateway_refund_of_a_source'), models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('link', 'reference'), name='one_gateway_refund_of_a_reference')],
                },
            ),
            migrations.AddField(
                model_name='payment',
                name='going_back',
                field=apps.core.fields.MoneyField(db_default=Decimal('0'), decimal_places=3, default=Decimal('0'), editable=False, max_digits=18, verbose_name='going back'),
            ),
            migrations.AddField(
                model_name='refund',
                name='gateway_refund',
                field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refund', to='billing.gatewayrefund'),
            ),
            migrations.AddField(
                model_name='gatewayevent',
                name='gateway_refund',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='billing.gatewayrefund'),
            ),
            migrations.AlterField(
                model_name='gatewayevent',
                name='outcome',
                field=models.CharField(choices=[('captured', 'The money has come'), ('failed', 'The money will not come'), ('already', 'Known already: nothing changed'), ('mismatch', 'Another amount or currency: nothing changed'), ('booked', "Paid after the link had ended: kept as the patient's credit"), ('given_back', 'The money went back'), ('not_back', 'The money could not be given back'), ('contrary', 'The opposite of what was said before: nothing changed'), ('ignored', 'Not about money: nothing changed')], max_length=10),
            ),
            migrations.AddConstraint(
                model_name='payment',
                constraint=models.CheckConstraint(condition=models.Q(('amount__gte', models.F('refunded') + models.F('going_back')), ('going_back__gte', 0)), name='payment_goes_back_at_most_once'),
            ),
            migrations.AddConstraint(
                model_name='gatewayevent',
                constraint=models.UniqueConstraint(condition=models.Q(('outcome__in', ['given_back', 'not_back'])), fields=('gateway_refund',), name='one_end_of_a_gateway_refund'),
            ),
        ),
        *guards(__file__, 'gateway_refunds'),
    ]
