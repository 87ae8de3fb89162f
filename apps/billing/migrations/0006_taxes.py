from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import apps.core.fields
import apps.core.ids
import apps.core.models
from apps.core.sql import CreateModels

TENANT = ("tenant_id", apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False))
ID = ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False))
CATEGORIES = [
    ("consultation", "Consultation"),
    ("service", "Service"),
    ("test", "Test"),
    ("medicine", "Medicine"),
    ("optical", "Optical"),
    ("package", "Package"),
    ("fee", "Fee"),
]


class Migration(migrations.Migration):
    """Taxes with their days and what takes them; several on one line; prices that have them in them."""

    dependencies = [("billing", "0005_a_locked_drawer_never_changes")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Tax",
                fields=[
                    TENANT,
                    ID,
                    ("name", models.CharField(help_text="As printed, for example CGST.", max_length=40, verbose_name="name")),
                    ("rate", models.DecimalField(decimal_places=3, max_digits=6, verbose_name="rate %")),
                    ("is_included", models.BooleanField(default=False, help_text="The price stays what it is, and the tax is worked out of it.", verbose_name="prices include it")),
                    ("starts_on", models.DateField(verbose_name="from day")),
                    ("ends_on", models.DateField(blank=True, help_text="Empty: until further notice.", null=True, verbose_name="to day")),
                ],
                options={
                    "verbose_name": "tax",
                    "verbose_name_plural": "taxes",
                    "ordering": ("name", "-starts_on"),
                    "constraints": [
                        models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="tax_rate_0_to_100"),
                        models.CheckConstraint(condition=~Q(name=""), name="tax_has_a_name"),
                        models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="tax_ends_after_it_starts"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TaxScope",
                fields=[
                    TENANT,
                    ID,
                    ("tax", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="scopes", to="billing.tax")),
                    ("category", models.CharField(blank=True, choices=CATEGORIES, default="", max_length=20)),
                    ("service", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.service")),
                ],
                options={
                    "verbose_name": "what takes a tax",
                    "verbose_name_plural": "what takes a tax",
                    "constraints": [
                        models.UniqueConstraint(fields=("tax", "category"), name="one_tax_scope_of_a_category", condition=~Q(category="")),
                        models.UniqueConstraint(fields=("tax", "service"), name="one_tax_scope_of_a_service"),
                        models.CheckConstraint(condition=~Q(category="") & Q(service=None) | Q(category="", service__isnull=False), name="tax_scope_is_one_thing"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="InvoiceLineTax",
                fields=[
                    TENANT,
                    ID,
                    ("line", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="taxes", to="billing.invoiceline")),
                    ("position", models.PositiveSmallIntegerField()),
                    ("name", models.CharField(blank=True, default="", max_length=40)),
                    ("rate", models.DecimalField(decimal_places=3, max_digits=6)),
                    ("is_included", models.BooleanField(default=False)),
                    ("amount", apps.core.fields.MoneyField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ],
                options={
                    "verbose_name": "tax of a line",
                    "verbose_name_plural": "taxes of lines",
                    "ordering": ("line", "position"),
                    "constraints": [
                        models.UniqueConstraint(fields=("line", "position"), name="one_line_tax_at_a_place"),
                        models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="line_tax_rate_0_to_100"),
                        models.CheckConstraint(condition=Q(amount__gte=0), name="line_tax_not_negative"),
                    ],
                },
            ),
        ),
        migrations.RemoveConstraint("invoiceline", "line_sums_add_up"),
        migrations.AddField(
            "invoiceline",
            "included",
            apps.core.fields.MoneyField(decimal_places=3, default=Decimal("0"), editable=False, max_digits=18, verbose_name="tax in the price"),
        ),
        migrations.AddField("invoiceline", "service_on", models.DateField(blank=True, null=True, verbose_name="day of service")),
        migrations.AlterField("invoiceline", "tax_name", models.CharField(blank=True, default="", max_length=400, verbose_name="tax")),
        migrations.AddConstraint(
            "invoiceline",
            models.CheckConstraint(condition=Q(net=F("gross") - F("discount") - F("included"), total=F("net") + F("tax")), name="line_sums_add_up"),
        ),
    ]
