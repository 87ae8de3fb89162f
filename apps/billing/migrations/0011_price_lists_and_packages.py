import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Lower

import apps.core.fields
import apps.core.ids
import apps.core.models
from apps.core.sql import CreateModels, guards

TENANT = ("tenant_id", apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False))
ID = ("id", models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False))
PROTECT, CASCADE = django.db.models.deletion.PROTECT, django.db.models.deletion.CASCADE


class Migration(migrations.Migration):
    """Price lists, whose they are, and packages; a line knows which list or package it came from."""

    dependencies = [("patients", "0002_what_is_written_stays"), ("billing", "0010_tendered")]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="PriceList",
                fields=[
                    TENANT,
                    ID,
                    ("name", models.CharField(max_length=80, verbose_name="name")),
                    ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                ],
                options={
                    "verbose_name": "price list",
                    "verbose_name_plural": "price lists",
                    "ordering": ("name",),
                    "constraints": [
                        models.UniqueConstraint(Lower("name"), name="one_price_list_of_a_name"),
                        models.CheckConstraint(condition=~Q(name=""), name="price_list_has_a_name"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Price",
                fields=[
                    TENANT,
                    ID,
                    ("price_list", models.ForeignKey(on_delete=PROTECT, related_name="prices", to="billing.pricelist")),
                    ("service", models.ForeignKey(on_delete=PROTECT, related_name="+", to="billing.service")),
                    ("amount", apps.core.fields.MoneyField(decimal_places=3, max_digits=18, verbose_name="price")),
                    ("starts_on", models.DateField(verbose_name="from day")),
                    ("ends_on", models.DateField(blank=True, null=True, verbose_name="to day")),
                ],
                options={
                    "verbose_name": "price",
                    "verbose_name_plural": "prices",
                    "ordering": ("service__name", "-starts_on"),
                    "constraints": [
                        models.CheckConstraint(condition=Q(amount__gte=0), name="price_not_negative"),
                        models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="price_ends_after_it_starts"),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PatientPriceList",
                fields=[
                    TENANT,
                    ID,
                    ("patient", models.OneToOneField(on_delete=PROTECT, related_name="+", to="patients.patient")),
                    ("price_list", models.ForeignKey(on_delete=PROTECT, related_name="+", to="billing.pricelist")),
                ],
                options={"verbose_name": "price list of a patient", "verbose_name_plural": "price lists of patients"},
            ),
            migrations.CreateModel(
                name="InvoicePriceList",
                fields=[
                    TENANT,
                    ID,
                    ("invoice", models.OneToOneField(on_delete=PROTECT, related_name="+", to="billing.invoice")),
                    ("price_list", models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="billing.pricelist")),
                ],
                options={"verbose_name": "price list of an invoice", "verbose_name_plural": "price lists of invoices"},
            ),
            migrations.CreateModel(
                name="PackagePart",
                fields=[
                    TENANT,
                    ID,
                    ("package", models.ForeignKey(on_delete=CASCADE, related_name="parts", to="billing.service")),
                    ("service", models.ForeignKey(on_delete=PROTECT, related_name="+", to="billing.service", verbose_name="service")),
                    ("quantity", models.DecimalField(decimal_places=3, max_digits=10, verbose_name="quantity")),
                    ("position", models.PositiveSmallIntegerField()),
                ],
                options={
                    "verbose_name": "part of a package",
                    "verbose_name_plural": "parts of packages",
                    "ordering": ("package", "position"),
                    "constraints": [
                        models.UniqueConstraint(fields=("package", "service"), name="one_part_of_a_service"),
                        models.CheckConstraint(condition=Q(quantity__gt=0), name="package_part_is_something"),
                        models.CheckConstraint(condition=~Q(package=F("service")), name="package_is_not_its_own_part"),
                    ],
                },
            ),
        ),
        migrations.AddField("invoiceline", "price_list", models.ForeignKey(blank=True, null=True, on_delete=PROTECT, related_name="+", to="billing.pricelist", verbose_name="price list")),
        migrations.AddField("invoiceline", "package", models.ForeignKey(blank=True, null=True, on_delete=PROTECT, related_name="+", to="billing.service", verbose_name="package")),
        migrations.AddField("invoiceline", "bundle", models.UUIDField(blank=True, help_text="The same on all lines of one package.", null=True)),
        migrations.AddConstraint("invoiceline", models.CheckConstraint(condition=Q(package=None, bundle=None) | Q(package__isnull=False, bundle__isnull=False), name="line_of_a_package_knows_which")),
        *guards(__file__, "prices"),
    ]
