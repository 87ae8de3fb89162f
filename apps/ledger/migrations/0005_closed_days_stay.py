import apps.core.fields
import apps.core.ids
import apps.core.models
import apps.core.sealed
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import CreateModels, guards


class Migration(migrations.Migration):
    """Days that are closed take no entry; what they said is sealed, and re-opening needs two people."""

    dependencies = [
        ('ledger', '0004_sums_of_days'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='ReopeningRequest',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('reopen_from', models.DateField(verbose_name='open again from')),
                    ('reason', apps.core.sealed.SealedTextField(field_id='ledger.reopeningrequest.reason', verbose_name='reason')),
                    ('at', models.DateTimeField(verbose_name='asked at')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ],
                options={
                    'verbose_name': 'request to re-open the books',
                    'verbose_name_plural': 'requests to re-open the books',
                    'ordering': ('-at', '-id'),
                },
            ),
            migrations.CreateModel(
                name='ReopeningRefusal',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('reason', apps.core.sealed.SealedTextField(field_id='ledger.reopeningrefusal.reason', verbose_name='reason')),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='refusal', to='ledger.reopeningrequest')),
                ],
                options={
                    'verbose_name': 'refused request',
                    'verbose_name_plural': 'refused requests',
                },
            ),
            migrations.CreateModel(
                name='BookClosing',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('place', models.PositiveIntegerField(editable=False, help_text='Given by the database, without gaps.', unique=True)),
                    ('kind', models.CharField(choices=[('closed', 'Closed'), ('reopened', 'Re-opened')], max_length=8)),
                    ('closed_until', models.DateField(help_text='With this day.', verbose_name='closed up to')),
                    ('at', models.DateTimeField(verbose_name='at')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                    ('request', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approval', to='ledger.reopeningrequest')),
                ],
                options={
                    'verbose_name': 'closing of the books',
                    'verbose_name_plural': 'closings of the books',
                    'ordering': ('-place',),
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'closed'), ('request__isnull', True)), models.Q(('kind', 'reopened'), ('request__isnull', False)), _connector='OR'), name='books_reopen_by_request_only')],
                },
            ),
            migrations.CreateModel(
                name='ClosedDay',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('day', models.DateField()),
                    ('entries', models.PositiveBigIntegerField()),
                    ('debits', apps.core.fields.MoneyField(decimal_places=3, max_digits=18)),
                    ('digest', models.CharField(max_length=60)),
                    ('closing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='ledger.bookclosing')),
                ],
                options={
                    'verbose_name': 'closed day',
                    'verbose_name_plural': 'closed days',
                    'ordering': ('closing', 'day'),
                    'constraints': [models.UniqueConstraint(fields=('closing', 'day'), name='one_seal_of_a_day')],
                },
            ),
        ),
        *guards(__file__, "closings"),
    ]
