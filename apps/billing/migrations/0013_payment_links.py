import apps.core.ids
import apps.core.models
import apps.core.sealed
import django.db.models.deletion
from django.db import migrations, models

from apps.core.sql import CreateModels, guards


class Migration(migrations.Migration):
    """Links by which patients pay from where they are, and what the gateway says of them."""

    dependencies = [('billing', '0012_corrections')]

    operations = [
        migrations.AlterField(
            model_name='payment',
            name='method',
            field=models.CharField(choices=[('cash', 'Cash'), ('card', 'Card'), ('upi', 'UPI'), ('bank', 'Bank transfer'), ('cheque', 'Cheque'), ('insurer', 'Insurer'), ('link', 'Payment link')], max_length=20, verbose_name='method'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='method',
            field=models.CharField(choices=[('cash', 'Cash'), ('card', 'Card'), ('upi', 'UPI'), ('bank', 'Bank transfer'), ('cheque', 'Cheque'), ('insurer', 'Insurer'), ('link', 'Payment link')], max_length=20, verbose_name='given back by'),
        ),
        CreateModels(
            migrations.CreateModel(
                name='PaymentGateway',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('code', models.CharField(choices=[('http', 'Payment links over HTTP')], max_length=20, unique=True, verbose_name='gateway')),
                    ('merchant', models.CharField(max_length=80, verbose_name='merchant')),
                    ('key', apps.core.sealed.SealedTextField(field_id='billing.paymentgateway.key', verbose_name='key')),
                    ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ],
                options={
                    'verbose_name': 'payment gateway',
                    'verbose_name_plural': 'payment gateways',
                },
            ),
            migrations.CreateModel(
                name='PaymentLink',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='link', to='billing.payment')),
                    ('gateway', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.paymentgateway')),
                    ('expires_at', models.DateTimeField(verbose_name='ends')),
                    ('reference', models.CharField(blank=True, default='', max_length=100)),
                    ('url', apps.core.sealed.SealedTextField(blank=True, field_id='billing.paymentlink.url', verbose_name='link')),
                    ('made_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name': 'payment link',
                    'verbose_name_plural': 'payment links',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('gateway', 'reference'), name='one_link_of_a_reference'), models.CheckConstraint(condition=models.Q(models.Q(('made_at', None), ('reference', '')), models.Q(('made_at__isnull', False), models.Q(('reference', ''), _negated=True)), _connector='OR'), name='link_made_wholly_or_not')],
                },
            ),
            migrations.CreateModel(
                name='GatewayEvent',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('gateway', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.paymentgateway')),
                    ('event_id', models.CharField(max_length=100)),
                    ('link', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='billing.paymentlink')),
                    ('kind', models.CharField(max_length=40)),
                    ('outcome', models.CharField(choices=[('captured', 'The money has come'), ('failed', 'The money will not come'), ('already', 'Known already: nothing changed'), ('mismatch', 'Another amount or currency: nothing changed'), ('late', 'Paid after the link had ended: nothing changed'), ('ignored', 'Not about money: nothing changed')], max_length=10)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'verbose_name': 'word of a gateway',
                    'verbose_name_plural': 'words of gateways',
                    'ordering': ('at', 'id'),
                    'constraints': [models.UniqueConstraint(fields=('gateway', 'event_id'), name='one_event_of_an_id'), models.UniqueConstraint(condition=models.Q(('outcome', 'captured')), fields=('link',), name='one_capture_a_link')],
                },
            ),
        ),
        *guards(__file__, 'payment_links'),
    ]
