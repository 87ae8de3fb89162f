"""What a gateway pays into the bank of all that it has collected, and of which payments and refunds that is."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.payment import Payment, Refund
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel


class GatewaySettlement(ClinicModel):
    """Money of a gateway that has reached the bank: its payments less its refunds, less the fee that it kept.

    Never deleted and never changed. ``gross`` is what its parts come to.
    """

    append_only = True

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    gross = MoneyField(_("payments less refunds"))
    fee = MoneyField(_("fee"))
    amount = MoneyField(_("into the bank"))
    currency = models.CharField(_("currency"), max_length=3)
    reference = models.CharField(_("reference"), max_length=80, blank=True, default="")
    source_reference = models.CharField(max_length=80, blank=True, default="", editable=False)
    settled_on = models.DateField(_("in the bank on"))
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text=_("None: the gateway told it.")
    )

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["-at", "-id"], name="settlement_by_time"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(gross=F("amount") + F("fee"), amount__gt=0, fee__gte=0), name="settlement_adds_up"
            ),
            models.UniqueConstraint(
                fields=["source_reference"], name="one_settlement_of_a_source", condition=~Q(source_reference="")
            ),
        )

    def __str__(self) -> str:
        return self.number


class SettlementPart(ClinicModel):
    """One payment (positive) or refund (negative) by a link that a settlement is for: each is settled once."""

    append_only = True

    settlement = models.ForeignKey(GatewaySettlement, models.PROTECT, related_name="parts")
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="settled")
    refund = models.OneToOneField(Refund, models.PROTECT, null=True, related_name="settled")
    amount = MoneyField()

    class Meta:
        verbose_name = _("part of a settlement")
        verbose_name_plural = _("parts of settlements")
        ordering = ("settlement", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(payment__isnull=False, refund=None, amount__gt=0)
                | Q(payment=None, refund__isnull=False, amount__lt=0),
                name="settlement_part_is_one_paper",
            ),
        )

    def __str__(self) -> str:
        return str(self.amount)

    @property
    def of_payment(self) -> Payment:
        """The payment that it is, or that was given back. Fetch it along."""
        if self.payment is not None:
            return self.payment
        assert self.refund is not None
        return self.refund.payment
