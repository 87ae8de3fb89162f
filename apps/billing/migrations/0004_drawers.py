import apps.core.fields
import apps.core.ids
import apps.core.models
import apps.core.sealed
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import CreateModels


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '__first__'),
        ('billing', '0003_discounts_have_reasons'),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Drawer',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=60, verbose_name='name')),
                    ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ],
                options={
                    'verbose_name': 'drawer',
                    'verbose_name_plural': 'drawers',
                    'ordering': ('name',),
                    'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='one_drawer_of_a_name')],
                },
            ),
            migrations.CreateModel(
                name='DrawerSession',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('number', models.CharField(editable=False, max_length=20, unique=True, verbose_name='number')),
                    ('drawer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='billing.drawer', verbose_name='drawer')),
                    ('cashier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='cashier')),
                    ('follows', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='billing.drawersession')),
                    ('currency', models.CharField(max_length=3, verbose_name='currency')),
                    ('opened_on', models.DateField(verbose_name='opened on')),
                    ('opened_at', models.DateTimeField()),
                    ('opening_float', apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name='opening float')),
                    ('opening_pieces', models.JSONField(help_text='Notes and coins: how many of each, and the loose rest.')),
                    ('counted_at', models.DateTimeField(blank=True, null=True)),
                    ('counted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('handed_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('locked_at', models.DateTimeField(blank=True, null=True)),
                    ('locked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('status', models.GeneratedField(db_persist=True, expression=models.Case(models.When(locked_at__isnull=False, then=models.Value('locked')), models.When(counted_at__isnull=False, then=models.Value('counted')), default=models.Value('open'), output_field=models.CharField(max_length=10)), output_field=models.CharField(choices=[('open', 'Open'), ('counted', 'Counted'), ('locked', 'Locked')], max_length=10, verbose_name='status'))),
                ],
                options={
                    'verbose_name': 'drawer session',
                    'verbose_name_plural': 'drawer sessions',
                    'ordering': ('-opened_at', '-id'),
                    'indexes': [models.Index(fields=['-opened_at', '-id'], name='drawer_session_by_time')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('locked_at', None)), fields=('drawer',), name='one_open_session_a_drawer'), models.UniqueConstraint(condition=models.Q(('locked_at', None)), fields=('cashier',), name='one_open_session_a_person'), models.CheckConstraint(condition=models.Q(('opening_float__gte', 0)), name='drawer_float_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('counted_at', None), ('counted_by', None)), models.Q(('counted_at__isnull', False), ('counted_by__isnull', False)), _connector='OR'), name='drawer_counted_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('locked_at', None), ('locked_by', None)), models.Q(('counted_at__isnull', False), ('locked_at__isnull', False), ('locked_by__isnull', False)), _connector='OR'), name='drawer_locked_when_counted'), models.CheckConstraint(condition=models.Q(('handed_to', None), models.Q(('counted_at__isnull', False), models.Q(('handed_to', models.F('cashier')), _negated=True)), _connector='OR'), name='drawer_handed_over_when_counted')],
                },
            ),
            migrations.CreateModel(
                name='DrawerMovement',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='billing.drawersession')),
                    ('kind', models.CharField(choices=[('from_safe', 'Put in from the safe'), ('from_bank', 'Put in from the bank'), ('to_safe', 'Put into the safe'), ('to_bank', 'Paid into the bank'), ('expense', 'Paid for something small')], max_length=10, verbose_name='what for')),
                    ('amount', apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name='amount')),
                    ('reason', apps.core.sealed.SealedTextField(field_id='billing.drawermovement.reason', verbose_name='reason')),
                    ('source_reference', models.CharField(blank=True, default='', editable=False, max_length=80)),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('into', models.GeneratedField(db_persist=True, expression=models.Case(models.When(kind__in=['from_safe', 'from_bank'], then=models.F('amount')), default=django.db.models.expressions.CombinedExpression(models.F('amount'), '*', models.Value(-1)), output_field=apps.core.fields.MoneyField(decimal_places=3, max_digits=18)), output_field=apps.core.fields.MoneyField(decimal_places=3, max_digits=18))),
                ],
                options={
                    'verbose_name': 'movement of a drawer',
                    'verbose_name_plural': 'movements of drawers',
                    'ordering': ('at', 'id'),
                    'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='drawer_movement_is_positive'), models.CheckConstraint(condition=models.Q(('kind__in', ['from_safe', 'from_bank', 'to_safe', 'to_bank', 'expense'])), name='drawer_movement_kind'), models.UniqueConstraint(condition=models.Q(('source_reference', ''), _negated=True), fields=('source_reference',), name='one_movement_of_a_source')],
                },
            ),
            migrations.CreateModel(
                name='DrawerCount',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='billing.drawersession')),
                    ('method', models.CharField(max_length=20, verbose_name='method')),
                    ('counted', apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name='counted')),
                    ('pieces', models.JSONField(default=dict, help_text='Of cash: how many notes and coins of each, and the loose rest.')),
                    ('expected', apps.core.fields.MoneyField(decimal_places=3, default=Decimal('0'), editable=False, max_digits=18, verbose_name='expected')),
                    ('variance', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(models.F('counted'), '-', models.F('expected')), output_field=apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name='variance'))),
                    ('reason', apps.core.sealed.SealedTextField(blank=True, field_id='billing.drawercount.reason', verbose_name='reason')),
                ],
                options={
                    'verbose_name': 'count of a drawer',
                    'verbose_name_plural': 'counts of drawers',
                    'constraints': [models.UniqueConstraint(fields=('session', 'method'), name='one_count_a_method'), models.CheckConstraint(condition=models.Q(('method__in', ['cash', 'card', 'upi', 'cheque'])), name='drawer_counts_what_lies_in_it'), models.CheckConstraint(condition=models.Q(('counted__gte', 0)), name='drawer_count_not_negative')],
                },
            ),
        ),
        migrations.AddField(
            model_name='payment',
            name='drawer_session',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='billing.drawersession'),
        ),
        migrations.AddField(
            model_name='refund',
            name='drawer_session',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='billing.drawersession'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('drawer_session', None), models.Q(('captured_at__isnull', False), ('method__in', ['cash', 'card', 'upi', 'cheque'])), _connector='OR'), name='payment_in_a_drawer_lies_there'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('drawer_session', None), ('method__in', ['cash', 'card', 'upi', 'cheque']), _connector='OR'), name='refund_out_of_a_drawer_lay_there'),
        ),
    ]
