import apps.core.ids
import apps.core.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0014_drafts_at_check_in'),
    ]

    operations = [
        migrations.CreateModel(
            name='BillingSettings',
            fields=[
                ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('credit_by_itself', models.BooleanField(default=False, help_text="An invoice that is issued is paid from the patient's credit, the oldest first.", verbose_name="use a patient's credit by itself")),
                ('only', models.BooleanField(default=True, editable=False, unique=True)),
            ],
            options={
                'verbose_name': 'billing settings',
                'verbose_name_plural': 'billing settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('only', True)), name='billing_settings_only_one')],
            },
        ),
        migrations.AddField(
            model_name='paymentallocation',
            name='by_itself',
            field=models.BooleanField(db_default=False, default=False, help_text='Credit that was used because the clinic has it so.'),
        ),
        migrations.AddConstraint(
            model_name='paymentallocation',
            constraint=models.CheckConstraint(condition=models.Q(('by_itself', False), ('kind', 'credit'), _connector='OR'), name='only_credit_is_used_by_itself'),
        ),
    ]
