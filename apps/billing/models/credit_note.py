from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.invoice import Invoice
from apps.billing.models.invoice_line import InvoiceLine
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class CreditNote(ClinicModel):
    """An issued invoice is lowered: in part or wholly, by its lines. Never deleted and never changed.

    What had been paid above the new total (``released``) became the patient's credit or was given back, as
    ``disposition`` says. Net, tax and total are those of its lines.

    Taken back by a note of its own with the same amounts below zero, which names the one that it takes back; what that
    one had turned into credit (``released``) is on the invoice again.
    """

    append_only = True

    class Disposition(models.TextChoices):
        NOTHING_ABOVE = "nothing_above", _("Nothing was paid above it")
        CREDIT = "credit", _("Keep it as the patient's credit")
        REFUND = "refund", _("Give it back")

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes", verbose_name=_("invoice"))
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="taken_back_by", verbose_name=_("takes back")
    )
    reason = SealedTextField(_("reason"), field_id="billing.creditnote.reason")
    net = MoneyField(_("net"))
    tax = MoneyField(_("tax"))
    total = MoneyField(_("total"))
    released = MoneyField(_("paid above the new total"))
    disposition = models.CharField(_("what was paid above"), max_length=20, choices=Disposition)
    recognised = MoneyField(help_text=_("Revenue that moved by it, because what stays bears another share of tax."))
    source_reference = models.CharField(max_length=80, blank=True, default="", editable=False)
    credited_on = models.DateField(_("on"))
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["-at", "-id"], name="credit_note_by_time"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(total=F("net") + F("tax"))
                & (
                    Q(reverses=None, net__gte=0, tax__gte=0, total__gt=0)
                    | Q(reverses__isnull=False, net__lte=0, tax__lte=0, total__lt=0)
                ),
                name="credit_note_sums_add_up",
            ),
            models.CheckConstraint(
                condition=Q(disposition="nothing_above", released=0)
                | Q(reverses=None, disposition__in=["credit", "refund"], released__gt=0, released__lte=F("total"))
                | Q(reverses__isnull=False, disposition="credit", released__lt=0, released__gte=F("total")),
                name="credit_note_says_where_money_goes",
            ),
            models.UniqueConstraint(
                fields=["source_reference"], name="one_credit_note_of_a_source", condition=~Q(source_reference="")
            ),
        )

    def __str__(self) -> str:
        return self.number


class CreditNoteLine(ClinicModel):
    """What is taken off one line of the invoice. Words, tax name and rate are copies, as on the invoice itself."""

    append_only = True

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="lines")
    line = models.ForeignKey(InvoiceLine, models.PROTECT, related_name="credited")
    position = models.PositiveIntegerField()
    description = SealedTextField(_("description"), field_id="billing.creditnoteline.description")
    tax_name = models.CharField(_("tax"), max_length=400, blank=True, default="")
    tax_rate = models.DecimalField(_("tax rate"), max_digits=6, decimal_places=3)
    net = MoneyField()
    tax = MoneyField()
    total = MoneyField()

    class Meta:
        verbose_name = _("credit note line")
        verbose_name_plural = _("credit note lines")
        ordering = ("note", "position")
        constraints = (
            models.UniqueConstraint(fields=["note", "position"], name="one_credited_line_at_a_place"),
            models.UniqueConstraint(fields=["note", "line"], name="a_line_is_credited_once_a_note"),
            models.CheckConstraint(
                condition=Q(total=F("net") + F("tax"))
                & (Q(net__gte=0, tax__gte=0, total__gt=0) | Q(net__lte=0, tax__lte=0, total__lt=0)),
                name="credited_line_sums_add_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}. {self.total}"
