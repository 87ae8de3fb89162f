from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Case, F, Q, Value, When

import apps.core.ids
import apps.core.models
import apps.core.sealed
from apps.core.fields import MoneyField
from apps.core.sql import Together, guards

STANDING = F("total") - F("credited") - F("written_off")
STATUSES = [
    ("draft", "Draft"),
    ("issued", "Unpaid"),
    ("partially_paid", "Partly paid"),
    ("paid", "Paid"),
    ("settled", "Settled"),
    ("written_off", "Written off"),
    ("credited", "Credited"),
    ("refunded", "Refunded"),
    ("void", "Void"),
]


CATEGORIES = [
    ("bad_debt", "Bad debt: it will not be paid"),
    ("small_balance", "Small balance: not worth asking for"),
    ("courtesy", "Courtesy"),
    ("hardship", "Hardship: the patient cannot pay"),
    ("insurer", "The insurer does not pay it"),
    ("other", "Something else"),
]


def row() -> list[tuple[str, models.Field]]:
    return [
        (
            "tenant_id",
            apps.core.models.TenantField(db_default=apps.core.models.CurrentClinic(), editable=False),
        ),
        (
            "id",
            models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False),
        ),
    ]


def of(model: str, name: str = "+", **options: str) -> models.ForeignKey:
    return models.ForeignKey(model, django.db.models.deletion.PROTECT, related_name=name, **options)


def word() -> models.CharField:
    return models.CharField(max_length=20)


def figure(**options: str) -> MoneyField:
    return MoneyField(default=Decimal(0), db_default=Decimal(0), editable=False, **options)


DUE = models.GeneratedField(
    expression=Case(
        When(Q(issued_at__isnull=False, voided_at__isnull=True), then=STANDING - F("applied")),
        default=Value(Decimal(0), output_field=MoneyField()),
        output_field=MoneyField(),
    ),
    output_field=MoneyField(),
    db_persist=True,
)
SETTLED = Case(
    When(applied=0, then=Value("written_off")),
    When(written_off=0, then=Value("paid")),
    default=Value("settled"),
    output_field=word(),
)
STATUS = models.GeneratedField(
    expression=Case(
        When(voided_at__isnull=False, then=Value("void")),
        When(issued_at__isnull=True, then=Value("draft")),
        When(applied=F("total"), then=Value("paid")),
        When(credited=F("total"), then=Value("credited")),
        When(applied=STANDING, then=SETTLED),
        When(applied__gt=0, then=Value("partially_paid")),
        When(refunded__gt=0, then=Value("refunded")),
        default=Value("issued"),
        output_field=word(),
    ),
    output_field=models.CharField("status", max_length=20, choices=STATUSES),
    db_persist=True,
)


class Migration(migrations.Migration):
    """What is owed may be lowered by facts besides payments; due and status are computed with them."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("billing", "0008_taxes_add_up"),
    ]

    operations = [
        Together(
            migrations.RemoveIndex("invoice", "invoice_by_status"),
            migrations.RemoveIndex("invoice", "invoice_unpaid"),
            migrations.RemoveIndex("invoice", "invoice_owed_by"),
            migrations.RemoveConstraint("invoice", "invoice_paid_at_most_its_total"),
            migrations.RemoveConstraint("invoice", "draft_has_no_payments"),
            migrations.RemoveConstraint("invoice", "void_invoice_holds_no_payment"),
            migrations.RemoveConstraint("paymentallocation", "allocation_sign_follows_its_kind"),
            migrations.RemoveField("invoice", "due"),
            migrations.RemoveField("invoice", "status"),
            migrations.AddField("invoice", "credited", figure(verbose_name="credited")),
            migrations.AddField("invoice", "credited_net", figure()),
            migrations.AddField("invoice", "written_off", figure(verbose_name="written off")),
            migrations.AddField("invoice", "written_off_net", figure()),
            migrations.AddField("invoice", "due", DUE),
            migrations.AddField("invoice", "status", STATUS),
            migrations.AlterField(
                "paymentallocation",
                "kind",
                models.CharField(
                    max_length=10,
                    choices=[
                        ("payment", "Payment"),
                        ("credit", "Credit used"),
                        ("refund", "Refund"),
                        ("void", "Invoice voided"),
                        ("credited", "Taken off by a credit note"),
                    ],
                ),
            ),
            migrations.AddIndex("invoice", models.Index(fields=["status", "created_at"], name="invoice_by_status")),
            migrations.AddIndex(
                "invoice", models.Index(fields=["due_on"], name="invoice_unpaid", condition=Q(due__gt=0))
            ),
            migrations.AddIndex(
                "invoice",
                models.Index(fields=["patient"], include=["due"], name="invoice_owed_by", condition=Q(due__gt=0)),
            ),
            migrations.AddConstraint(
                "invoice",
                models.CheckConstraint(
                    condition=Q(applied__gte=0, refunded__gte=0, applied__lte=STANDING),
                    name="invoice_paid_at_most_its_total",
                ),
            ),
            migrations.AddConstraint(
                "invoice",
                models.CheckConstraint(
                    condition=Q(credited_net__gte=0, credited__gte=F("credited_net"))
                    & Q(written_off_net__gte=0, written_off__gte=F("written_off_net"))
                    & Q(net__gte=F("credited_net") + F("written_off_net"))
                    & Q(tax__gte=F("credited") - F("credited_net") + F("written_off") - F("written_off_net")),
                    name="invoice_reduced_within_net_and_tax",
                ),
            ),
            migrations.AddConstraint(
                "invoice",
                models.CheckConstraint(
                    condition=Q(issued_at__isnull=False) | Q(applied=0, refunded=0, credited=0, written_off=0),
                    name="draft_has_no_payments",
                ),
            ),
            migrations.AddConstraint(
                "invoice",
                models.CheckConstraint(
                    condition=Q(voided_at__isnull=True) | Q(applied=0, credited=0, written_off=0),
                    name="void_invoice_holds_no_payment",
                ),
            ),
            migrations.AddConstraint(
                "paymentallocation",
                models.CheckConstraint(
                    condition=Q(kind__in=["payment", "credit"], amount__gt=0, recognised__gte=0, refund__isnull=True)
                    | Q(kind="refund", amount__lt=0, recognised__lte=0, refund__isnull=False)
                    | Q(kind__in=["void", "credited"], amount__lt=0, recognised__lte=0, refund__isnull=True),
                    name="allocation_sign_follows_its_kind",
                ),
            ),
            migrations.CreateModel(
                name="CreditNote",
                fields=[
                    *row(),
                    ("number", models.CharField("number", max_length=20, unique=True, editable=False)),
                    ("reason", apps.core.sealed.SealedTextField("reason", field_id="billing.creditnote.reason")),
                    ("net", MoneyField("net")),
                    ("tax", MoneyField("tax")),
                    ("total", MoneyField("total")),
                    ("released", MoneyField("paid above the new total")),
                    (
                        "disposition",
                        models.CharField(
                            "what was paid above",
                            max_length=20,
                            choices=[
                                ("nothing_above", "Nothing was paid above it"),
                                ("credit", "Keep it as the patient's credit"),
                                ("refund", "Give it back"),
                            ],
                        ),
                    ),
                    (
                        "recognised",
                        MoneyField(
                            help_text="Revenue that moved by it, because what stays bears another share of tax."
                        ),
                    ),
                    ("source_reference", models.CharField(max_length=80, blank=True, default="", editable=False)),
                    ("credited_on", models.DateField("on")),
                    ("at", models.DateTimeField()),
                    ("by", of(settings.AUTH_USER_MODEL)),
                    ("invoice", of("billing.invoice", "credit_notes", verbose_name="invoice")),
                ],
                options={
                    "verbose_name": "credit note",
                    "verbose_name_plural": "credit notes",
                    "ordering": ("-at", "-id"),
                    "indexes": [models.Index(fields=["-at", "-id"], name="credit_note_by_time")],
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(net__gte=0, tax__gte=0, total__gt=0, total=F("net") + F("tax")),
                            name="credit_note_sums_add_up",
                        ),
                        models.CheckConstraint(
                            condition=Q(disposition="nothing_above", released=0)
                            | Q(disposition__in=["credit", "refund"], released__gt=0, released__lte=F("total")),
                            name="credit_note_says_where_money_goes",
                        ),
                        models.UniqueConstraint(
                            fields=["source_reference"],
                            name="one_credit_note_of_a_source",
                            condition=~Q(source_reference=""),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CreditNoteLine",
                fields=[
                    *row(),
                    ("position", models.PositiveIntegerField()),
                    (
                        "description",
                        apps.core.sealed.SealedTextField("description", field_id="billing.creditnoteline.description"),
                    ),
                    ("tax_name", models.CharField("tax", max_length=400, blank=True, default="")),
                    ("tax_rate", models.DecimalField("tax rate", max_digits=6, decimal_places=3)),
                    ("net", MoneyField()),
                    ("tax", MoneyField()),
                    ("total", MoneyField()),
                    ("line", of("billing.invoiceline", "credited")),
                    ("note", of("billing.creditnote", "lines")),
                ],
                options={
                    "verbose_name": "credit note line",
                    "verbose_name_plural": "credit note lines",
                    "ordering": ("note", "position"),
                    "constraints": [
                        models.UniqueConstraint(fields=["note", "position"], name="one_credited_line_at_a_place"),
                        models.UniqueConstraint(fields=["note", "line"], name="a_line_is_credited_once_a_note"),
                        models.CheckConstraint(
                            condition=Q(net__gte=0, tax__gte=0, total__gt=0, total=F("net") + F("tax")),
                            name="credited_line_sums_add_up",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="WriteOff",
                fields=[
                    *row(),
                    ("number", models.CharField("number", max_length=20, unique=True, editable=False)),
                    ("category", models.CharField("category", max_length=20, choices=CATEGORIES)),
                    ("reason", apps.core.sealed.SealedTextField("reason", field_id="billing.writeoff.reason")),
                    ("amount", MoneyField("amount")),
                    ("net", MoneyField("net", help_text="Of what was not yet earned.")),
                    ("tax", MoneyField("tax", help_text="Of the tax that was to come with it.")),
                    (
                        "recognised",
                        MoneyField(help_text="Revenue that moved by it: the unit that rounding leaves, or nothing."),
                    ),
                    ("source_reference", models.CharField(max_length=80, blank=True, default="", editable=False)),
                    ("written_off_on", models.DateField("on")),
                    ("at", models.DateTimeField()),
                    ("by", of(settings.AUTH_USER_MODEL)),
                    ("invoice", of("billing.invoice", "write_offs", verbose_name="invoice")),
                    (
                        "reverses",
                        models.OneToOneField(
                            "billing.writeoff",
                            django.db.models.deletion.PROTECT,
                            null=True,
                            related_name="taken_back_by",
                            verbose_name="takes back",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "write-off",
                    "verbose_name_plural": "write-offs",
                    "ordering": ("-at", "-id"),
                    "indexes": [models.Index(fields=["-at", "-id"], name="write_off_by_time")],
                    "constraints": [
                        models.CheckConstraint(
                            condition=Q(reverses__isnull=True, amount__gt=0, net__gte=0, tax__gte=0)
                            | Q(reverses__isnull=False, amount__lt=0, net__lte=0, tax__lte=0),
                            name="write_off_sign_follows_its_kind",
                        ),
                        models.CheckConstraint(condition=Q(amount=F("net") + F("tax")), name="write_off_adds_up"),
                        models.CheckConstraint(
                            condition=Q(category__in=[code for code, _words in CATEGORIES]), name="write_off_category"
                        ),
                        models.UniqueConstraint(
                            fields=["source_reference"],
                            name="one_write_off_of_a_source",
                            condition=~Q(source_reference=""),
                        ),
                    ],
                },
            ),
        ),
        *guards(__file__, "credit_notes_and_write_offs"),
    ]
