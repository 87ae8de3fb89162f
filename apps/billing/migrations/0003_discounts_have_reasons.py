import apps.core.ids
import apps.core.models
import apps.core.sealed
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.sql import CreateModels, guards


class Migration(migrations.Migration):
    """What was let off and why, and how much each role may let off."""

    dependencies = [
        ("accounts", "0002_somebody_can_always_let_people_in"),
        ("billing", "0002_figures_follow_facts"),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Discount",
                fields=[
                    ("tenant_id", apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ("invoice", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="discounts", to="billing.invoice")),
                    ("kind", models.CharField(choices=[("line", "On one line"), ("whole", "On the whole invoice"), ("rule", "By the clinic's rule")], max_length=10)),
                    ("percent", models.DecimalField(decimal_places=3, max_digits=6, null=True, verbose_name="percent")),
                    ("amount", models.DecimalField(decimal_places=3, max_digits=18, null=True, verbose_name="amount")),
                    ("reason", apps.core.sealed.SealedTextField(field_id="billing.discount.reason", max_length=300, verbose_name="reason")),
                    ("at", models.DateTimeField()),
                    ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    "verbose_name": "discount",
                    "verbose_name_plural": "discounts",
                    "ordering": ("at", "id"),
                    "constraints": [
                        models.CheckConstraint(condition=models.Q(("kind__in", ["line", "whole", "rule"])), name="discount_kind"),
                        models.CheckConstraint(condition=models.Q(models.Q(("amount__gte", 0), ("percent__isnull", True)), models.Q(("amount__isnull", True), ("percent__gte", 0), ("percent__lte", 100)), _connector="OR"), name="discount_percent_or_amount"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DiscountLimit",
                fields=[
                    ("tenant_id", apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                    ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                    ("role", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="discount_limit", to="accounts.role", verbose_name="role")),
                    ("percent", models.DecimalField(decimal_places=3, max_digits=6, verbose_name="at most %")),
                ],
                options={
                    "verbose_name": "discount limit",
                    "verbose_name_plural": "discount limits",
                    "ordering": ("role__position", "role__name"),
                    "constraints": [models.CheckConstraint(condition=models.Q(("percent__gte", 0), ("percent__lte", 100)), name="discount_limit_0_to_100")],
                },
            ),
        ),
        migrations.AddField(
            "invoiceline",
            "discount_given",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="billing.discount", verbose_name="discount given"),
        ),
        *guards(__file__, "discounts"),
    ]
