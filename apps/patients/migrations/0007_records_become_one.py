from pathlib import Path

import apps.core.ids
import apps.core.models
import apps.core.sealed
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import statements

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0006_documents_stay'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PatientMerge',
            fields=[
                ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('before', apps.core.sealed.SealedJSONField(default=dict, field_id='patients.patientmerge.before', help_text='Of the survivor.', verbose_name='details before')),
                ('after', apps.core.sealed.SealedJSONField(default=dict, field_id='patients.patientmerge.after', verbose_name='details after')),
                ('duplicate_was_active', models.BooleanField(verbose_name='the duplicate was active')),
                ('reason', apps.core.sealed.SealedCharField(field_id='patients.patientmerge.reason', max_length=300, verbose_name='reason')),
                ('merged_at', models.DateTimeField(verbose_name='merged')),
            ],
            options={
                'verbose_name': 'merge of records',
                'verbose_name_plural': 'merges of records',
            },
        ),
        migrations.CreateModel(
            name='PatientSeparation',
            fields=[
                ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('reason', apps.core.sealed.SealedCharField(field_id='patients.patientseparation.reason', max_length=300, verbose_name='reason')),
                ('separated_at', models.DateTimeField(verbose_name='taken apart')),
            ],
            options={
                'verbose_name': 'separation of records',
                'verbose_name_plural': 'separations of records',
            },
        ),
        migrations.AddField(
            model_name='patient',
            name='merged_into',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='patients.patient'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='patient_merged_into'),
        ),
        migrations.AddConstraint(
            model_name='patient',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), ('is_active', False), _connector='OR'), name='patient_merged_is_inactive'),
        ),
        migrations.AddField(
            model_name='patientmerge',
            name='duplicate',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merged_by', to='patients.patient', verbose_name='duplicate'),
        ),
        migrations.AddField(
            model_name='patientmerge',
            name='merged_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='patientmerge',
            name='survivor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='patients.patient', verbose_name='record that stays'),
        ),
        migrations.AddField(
            model_name='patientseparation',
            name='merge',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='separation', to='patients.patientmerge', verbose_name='merge'),
        ),
        migrations.AddField(
            model_name='patientseparation',
            name='separated_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddConstraint(
            model_name='patientmerge',
            constraint=models.CheckConstraint(condition=models.Q(('survivor', models.F('duplicate')), _negated=True), name='patient_merge_of_two_records'),
        ),
        migrations.RunSQL(
            statements(SQL / "records_become_one.sql"), statements(SQL / "records_become_one_reverse.sql")
        ),
    ]
