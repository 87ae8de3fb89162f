import apps.core.fields
import apps.core.ids
import apps.core.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import CreateModels, Together, guards


class Migration(migrations.Migration):
    """What gateways pay into the bank, and what money is booked as that comes after its link had ended."""

    dependencies = [
        ('billing', '0017_drawers_are_counted_again'),
        ('ledger', '0006_gateway_clearing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='GatewaySettlement',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('number', models.CharField(editable=False, max_length=20, unique=True, verbose_name='number')),
                    ('gross', apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name='payments less refunds')),
                    ('fee', apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name='fee')),
                    ('amount', apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name='into the bank')),
                    ('currency', models.CharField(max_length=3, verbose_name='currency')),
                    ('reference', models.CharField(blank=True, default='', max_length=80, verbose_name='reference')),
                    ('source_reference', models.CharField(blank=True, default='', editable=False, max_length=80)),
                    ('settled_on', models.DateField(verbose_name='in the bank on')),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'settlement',
                    'verbose_name_plural': 'settlements',
                    'ordering': ('-at', '-id'),
                    'indexes': [models.Index(fields=['-at', '-id'], name='settlement_by_time')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('fee__gte', 0), ('gross', models.F('amount') + models.F('fee'))), name='settlement_adds_up'), models.UniqueConstraint(condition=models.Q(('source_reference', ''), _negated=True), fields=('source_reference',), name='one_settlement_of_a_source')],
                },
            ),
            migrations.CreateModel(
                name='SettlementPart',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('settlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='billing.gatewaysettlement')),
                    ('payment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='settled', to='billing.payment')),
                    ('refund', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='settled', to='billing.refund')),
                    ('amount', apps.core.fields.MoneyField(decimal_places=3, max_digits=18)),
                ],
                options={
                    'verbose_name': 'part of a settlement',
                    'verbose_name_plural': 'parts of settlements',
                    'ordering': ('settlement', 'id'),
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('payment__isnull', False), ('refund', None)), models.Q(('amount__lt', 0), ('payment', None), ('refund__isnull', False)), _connector='OR'), name='settlement_part_is_one_paper')],
                },
            ),
        ),
        Together(
            migrations.RemoveConstraint(model_name='gatewayevent', name='one_capture_a_link'),
            migrations.AddField(
                model_name='gatewayevent',
                name='payment',
                field=models.OneToOneField(blank=True, help_text='As what money was booked that came after its link had ended.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='came_late', to='billing.payment'),
            ),
            migrations.AlterField(
                model_name='gatewayevent',
                name='outcome',
                field=models.CharField(choices=[('captured', 'The money has come'), ('failed', 'The money will not come'), ('already', 'Known already: nothing changed'), ('mismatch', 'Another amount or currency: nothing changed'), ('booked', "Paid after the link had ended: kept as the patient's credit"), ('ignored', 'Not about money: nothing changed')], max_length=10),
            ),
            migrations.AddConstraint(
                model_name='gatewayevent',
                constraint=models.UniqueConstraint(condition=models.Q(('outcome__in', ['captured', 'booked'])), fields=('link',), name='one_capture_a_link'),
            ),
            migrations.AddConstraint(
                model_name='gatewayevent',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'booked'), ('payment__isnull', False)), models.Q(models.Q(('outcome', 'booked'), _negated=True), ('payment', None)), _connector='OR'), name='event_booked_as_a_payment'),
            ),
        ),
        *guards(__file__, 'settlements'),
    ]
