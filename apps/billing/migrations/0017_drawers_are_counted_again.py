import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import Together, guards


class Migration(migrations.Migration):
    """A drawer is counted again until its session is locked; each count is kept and the last one stands."""

    dependencies = [('billing', '0016_open_invoices_by_index'), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        Together(
            migrations.AddField(
                model_name='drawercount',
                name='turn',
                field=models.SmallIntegerField(default=1, editable=False),
            ),
            migrations.AddField(
                model_name='drawercount',
                name='stands',
                field=models.BooleanField(default=True, editable=False),
            ),
            migrations.AddField(
                model_name='drawercount',
                name='at',
                field=models.DateTimeField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name='drawercount',
                name='by',
                field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.RemoveConstraint(model_name='drawercount', name='one_count_a_method'),
            migrations.AddConstraint(
                model_name='drawercount',
                constraint=models.UniqueConstraint(condition=models.Q(('stands', True)), fields=('session', 'method'), name='one_count_a_method'),
            ),
            migrations.AddConstraint(
                model_name='drawercount',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('at', None), ('by', None), ('turn', 1)), models.Q(('at__isnull', False), ('by__isnull', False), ('turn__gt', 1)), _connector='OR'), name='drawer_recounted_by_somebody'),
            ),
        ),
        *guards(__file__, 'recounts'),
    ]
