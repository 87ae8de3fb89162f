import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import apps.core.fields
import apps.core.ids
import apps.core.models
from apps.core.sql import guards


class Migration(migrations.Migration):
    """What visits cost on a price list."""

    dependencies = [
        ("billing", "0018_settlements"),
        ("clinic", "0001_initial"),
        ("scheduling", "0006_types_say_when_they_are_charged"),
    ]

    operations = [
        migrations.CreateModel(
            name="VisitPrice",
            fields=[
                ("tenant_id", apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False)),
                ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("part", models.CharField(choices=[("visit", "Visit"), ("facility", "Facility fee")], default="visit", max_length=10)),
                ("amount", apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name="price")),
                ("starts_on", models.DateField(verbose_name="from day")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="to day")),
                ("appointment_type", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scheduling.appointmenttype")),
                ("price_list", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="visit_prices", to="billing.pricelist")),
                ("provider", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.provider")),
            ],
            options={
                "verbose_name": "price of visits",
                "verbose_name_plural": "prices of visits",
                "ordering": ("appointment_type__position", "appointment_type__name", "part", "-starts_on", "id"),
                "constraints": [
                    models.CheckConstraint(condition=Q(amount__gte=0), name="visit_price_not_negative"),
                    models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="visit_price_ends_after_it_starts"),
                    models.CheckConstraint(condition=Q(part__in=["visit", "facility"]), name="visit_price_part"),
                ],
            },
        ),
        *guards(__file__, "visit_prices"),
    ]
