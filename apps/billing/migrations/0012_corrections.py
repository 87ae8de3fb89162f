import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import apps.core.ids
import apps.core.models
import apps.core.sealed


def paper(model: str, name: str) -> models.OneToOneField:
    return models.OneToOneField(model, django.db.models.deletion.PROTECT, null=True, related_name=name)


OF_PAYMENT = Q(
    kind__in=["patient", "amount", "method"],
    payment__isnull=False,
    new_payment__isnull=False,
    invoice=None,
    new_invoice=None,
)
OF_INVOICE = Q(
    kind__in=["patient", "amount", "visit"],
    invoice__isnull=False,
    new_invoice__isnull=False,
    payment=None,
    new_payment=None,
)


class Migration(migrations.Migration):
    """What was wrong and what took its place name each other."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("billing", "0011_price_lists_and_packages"),
    ]

    operations = [
        migrations.CreateModel(
            "Correction",
            [
                (
                    "tenant_id",
                    apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False),
                ),
                (
                    "id",
                    models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        max_length=10,
                        choices=[
                            ("patient", "Wrong patient"),
                            ("amount", "Wrong amount"),
                            ("visit", "Wrong visit"),
                            ("method", "Wrong method"),
                        ],
                    ),
                ),
                ("payment", paper("billing.payment", "corrected")),
                ("new_payment", paper("billing.payment", "corrects")),
                ("invoice", paper("billing.invoice", "corrected")),
                ("new_invoice", paper("billing.invoice", "corrects")),
                ("reason", apps.core.sealed.SealedTextField(field_id="billing.correction.reason", verbose_name="reason")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL, django.db.models.deletion.PROTECT, related_name="+"
                    ),
                ),
            ],
            options={
                "verbose_name": "correction",
                "verbose_name_plural": "corrections",
                "constraints": (
                    models.CheckConstraint(condition=OF_PAYMENT | OF_INVOICE, name="correction_names_both_papers"),
                ),
            },
        ),
    ]
