"""That one paper took the place of another because something about it was wrong."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.invoice import Invoice
from apps.billing.models.payment import Payment
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class Correction(ClinicModel):
    """A payment or an invoice was wrong: what was reversed, what took its place, and why. Never changed."""

    append_only = True

    class Kind(models.TextChoices):
        PATIENT = "patient", _("Wrong patient")
        AMOUNT = "amount", _("Wrong amount")
        VISIT = "visit", _("Wrong visit")
        METHOD = "method", _("Wrong method")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="corrected")
    new_payment = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="corrects")
    invoice = models.OneToOneField(Invoice, models.PROTECT, null=True, related_name="corrected")
    new_invoice = models.OneToOneField(Invoice, models.PROTECT, null=True, related_name="corrects")
    reason = SealedTextField(_("reason"), field_id="billing.correction.reason")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    kind__in=["patient", "amount", "method"],
                    payment__isnull=False,
                    new_payment__isnull=False,
                    invoice=None,
                    new_invoice=None,
                )
                | Q(
                    kind__in=["patient", "amount", "visit"],
                    invoice__isnull=False,
                    new_invoice__isnull=False,
                    payment=None,
                    new_payment=None,
                ),
                name="correction_names_both_papers",
            ),
        )

    def __str__(self) -> str:
        return self.kind
