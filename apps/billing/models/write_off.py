from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.invoice import Invoice
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class WriteOff(ClinicModel):
    """A part of an invoice that the clinic no longer expects to be paid. Never deleted and never changed.

    Taken back (the money comes after all) by a row of its own with the same amounts below zero, which names the one
    that it takes back; the database adds them up into ``Invoice.written_off``.
    """

    append_only = True

    class Category(models.TextChoices):
        BAD_DEBT = "bad_debt", _("Bad debt: it will not be paid")
        SMALL_BALANCE = "small_balance", _("Small balance: not worth asking for")
        COURTESY = "courtesy", _("Courtesy")
        HARDSHIP = "hardship", _("Hardship: the patient cannot pay")
        INSURER = "insurer", _("The insurer does not pay it")
        OTHER = "other", _("Something else")

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="write_offs", verbose_name=_("invoice"))
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="taken_back_by", verbose_name=_("takes back")
    )
    category = models.CharField(_("category"), max_length=20, choices=Category)
    reason = SealedTextField(_("reason"), field_id="billing.writeoff.reason")
    amount = MoneyField(_("amount"))
    net = MoneyField(_("net"), help_text=_("Of what was not yet earned."))
    tax = MoneyField(_("tax"), help_text=_("Of the tax that was to come with it."))
    recognised = MoneyField(help_text=_("Revenue that moved by it: the unit that rounding leaves, or nothing."))
    source_reference = models.CharField(max_length=80, blank=True, default="", editable=False)
    written_off_on = models.DateField(_("on"))
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["-at", "-id"], name="write_off_by_time"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0, net__gte=0, tax__gte=0)
                | Q(reverses__isnull=False, amount__lt=0, net__lte=0, tax__lte=0),
                name="write_off_sign_follows_its_kind",
            ),
            models.CheckConstraint(condition=Q(amount=F("net") + F("tax")), name="write_off_adds_up"),
            models.CheckConstraint(
                condition=Q(category__in=["bad_debt", "small_balance", "courtesy", "hardship", "insurer", "other"]),
                name="write_off_category",
            ),
            models.UniqueConstraint(
                fields=["source_reference"], name="one_write_off_of_a_source", condition=~Q(source_reference="")
            ),
        )

    def __str__(self) -> str:
        return self.number
