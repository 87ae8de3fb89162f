import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import Together


class Migration(migrations.Migration):
    """A gateway tells itself what has reached the bank."""

    dependencies = [
        ('billing', '0022_gateways_disagree'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            migrations.AddField(
                model_name='gatewayevent',
                name='settlement',
                field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='told_by', to='billing.gatewaysettlement'),
            ),
            migrations.AlterField(
                model_name='gatewayevent',
                name='outcome',
                field=models.CharField(choices=[('captured', 'The money has come'), ('failed', 'The money will not come'), ('already', 'Known already: nothing changed'), ('mismatch', 'Another amount or currency: nothing changed'), ('booked', "Paid after the link had ended: kept as the patient's credit"), ('given_back', 'The money went back'), ('not_back', 'The money could not be given back'), ('contrary', 'The opposite of what was said before: nothing changed'), ('ended', 'The link is ended: nobody can pay by it any more'), ('not_ended', "The gateway would not end the link: paid all the same, it is the patient's credit"), ('settled', 'It has reached the bank'), ('ignored', 'Not about money: nothing changed')], max_length=10),
            ),
            migrations.AddConstraint(
                model_name='gatewayevent',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'settled'), ('settlement__isnull', False)), models.Q(models.Q(('outcome', 'settled'), _negated=True), ('settlement', None)), _connector='OR'), name='event_settled_as_a_settlement'),
            ),
        ),
        # A foreign key that is altered is dropped and made anew, for which a clinic that is just being opened is too young.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    ['ALTER TABLE billing_gatewaysettlement ALTER COLUMN by_id DROP NOT NULL'],
                    ['ALTER TABLE billing_gatewaysettlement ALTER COLUMN by_id SET NOT NULL'],
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='gatewaysettlement',
                    name='by',
                    field=models.ForeignKey(help_text='None: the gateway told it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
    ]
