"""An invoice that is void."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.billing.models.invoice import Invoice
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class InvoiceVoid(ClinicModel):
    """The fact that an invoice is void: who, when, why, and where the money on it went. Never changed."""

    append_only = True

    class Disposition(models.TextChoices):
        NOTHING_PAID = "nothing_paid", _("Nothing was paid")
        CREDIT = "credit", _("Keep it as the patient's credit")
        REFUND = "refund", _("Give it back")

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="void")
    reason = SealedTextField(_("reason"), field_id="billing.invoicevoid.reason")
    disposition = models.CharField(_("what was paid"), max_length=20, choices=Disposition.choices)
    voided_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("void")
        verbose_name_plural = _("voids")

    def __str__(self) -> str:
        return str(_("Void of %(invoice)s") % {"invoice": self.invoice_id})
