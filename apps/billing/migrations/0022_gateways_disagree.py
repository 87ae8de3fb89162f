import apps.core.ids
import apps.core.models
import apps.core.sealed
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import Together


class Migration(migrations.Migration):
    """Links that are given up are ended at the gateway, and what it says that does not fit is seen to."""

    dependencies = [
        ('billing', '0021_credit_notes_are_taken_back'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            migrations.CreateModel(
                name='LinkEnding',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('link', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='ending', to='billing.paymentlink')),
                ],
                options={
                    'verbose_name': 'ending of a payment link',
                    'verbose_name_plural': 'endings of payment links',
                },
            ),
            migrations.CreateModel(
                name='SeenTo',
                fields=[
                    ('tenant_id', apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ('id', models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ('note', apps.core.sealed.SealedTextField(field_id='billing.seento.note', verbose_name='what was done')),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='seen_to', to='billing.gatewayevent')),
                ],
                options={
                    'verbose_name': 'trouble that was seen to',
                    'verbose_name_plural': 'troubles that were seen to',
                },
            ),
            migrations.AddField(
                model_name='gatewayevent',
                name='said',
                field=models.CharField(blank=True, db_default='', default='', help_text='Another amount: as it was told.', max_length=60),
            ),
            migrations.AlterField(
                model_name='gatewayevent',
                name='outcome',
                field=models.CharField(choices=[('captured', 'The money has come'), ('failed', 'The money will not come'), ('already', 'Known already: nothing changed'), ('mismatch', 'Another amount or currency: nothing changed'), ('booked', "Paid after the link had ended: kept as the patient's credit"), ('given_back', 'The money went back'), ('not_back', 'The money could not be given back'), ('contrary', 'The opposite of what was said before: nothing changed'), ('ended', 'The link is ended: nobody can pay by it any more'), ('not_ended', "The gateway would not end the link: paid all the same, it is the patient's credit"), ('ignored', 'Not about money: nothing changed')], max_length=10),
            ),
            migrations.AddIndex(
                model_name='gatewayevent',
                index=models.Index(condition=models.Q(('outcome__in', ['mismatch', 'contrary', 'not_ended'])), fields=['at'], name='event_in_trouble'),
            ),
        ),
    ]
