import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from apps.core.sql import Together, guards

ADDS_UP = Q(total=F("net") + F("tax"))


def constraint(model, name, condition):
    """As it is from now on."""
    return (
        migrations.RemoveConstraint(model, name),
        migrations.AddConstraint(model, models.CheckConstraint(condition=condition, name=name)),
    )


class Migration(migrations.Migration):
    """A credit note is taken back by its mirror, and what it had turned into credit is put back on its invoice."""

    dependencies = [("billing", "0020_gateway_refunds")]

    operations = [
        Together(
            migrations.AddField(
                "creditnote",
                "reverses",
                models.OneToOneField(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="taken_back_by",
                    to="billing.creditnote",
                    verbose_name="takes back",
                ),
            ),
            *constraint(
                "creditnote",
                "credit_note_sums_add_up",
                ADDS_UP
                & (
                    Q(reverses=None, net__gte=0, tax__gte=0, total__gt=0)
                    | Q(reverses__isnull=False, net__lte=0, tax__lte=0, total__lt=0)
                ),
            ),
            *constraint(
                "creditnote",
                "credit_note_says_where_money_goes",
                Q(disposition="nothing_above", released=0)
                | Q(reverses=None, disposition__in=["credit", "refund"], released__gt=0, released__lte=F("total"))
                | Q(reverses__isnull=False, disposition="credit", released__lt=0, released__gte=F("total")),
            ),
            *constraint(
                "creditnoteline",
                "credited_line_sums_add_up",
                ADDS_UP & (Q(net__gte=0, tax__gte=0, total__gt=0) | Q(net__lte=0, tax__lte=0, total__lt=0)),
            ),
            migrations.AlterField(
                "paymentallocation",
                "kind",
                models.CharField(
                    choices=[
                        ("payment", "Payment"),
                        ("credit", "Credit used"),
                        ("refund", "Refund"),
                        ("void", "Invoice voided"),
                        ("credited", "Taken off by a credit note"),
                        ("restored", "Put back: a credit note was taken back"),
                    ],
                    max_length=10,
                ),
            ),
            *constraint(
                "paymentallocation",
                "allocation_sign_follows_its_kind",
                Q(kind__in=["payment", "credit", "restored"], amount__gt=0, recognised__gte=0, refund__isnull=True)
                | Q(kind="refund", amount__lt=0, recognised__lte=0, refund__isnull=False)
                | Q(kind__in=["void", "credited"], amount__lt=0, recognised__lte=0, refund__isnull=True),
            ),
        ),
        *guards(__file__, "credit_notes_taken_back"),
    ]
