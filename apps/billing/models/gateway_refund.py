"""A wish that a gateway gives money back the way it came."""

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from apps.billing.models.gateway import PaymentLink
from apps.billing.models.payment import Payment
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class GatewayRefund(ClinicModel):
    """Asked for at the desk; kept of the payment (``Payment.going_back``) until the gateway says what became of it.

    ``reference`` is the gateway's own name for it. Done, it has a `Refund`; failed, the money is where it was.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("On its way")
        DONE = "done", _("Given back")
        FAILED = "failed", _("Could not be given back")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="gateway_refunds")
    link = models.ForeignKey(PaymentLink, models.PROTECT, related_name="refunds")
    amount = MoneyField(_("amount"))
    reason = SealedTextField(_("reason"), field_id="billing.gatewayrefund.reason")
    source_reference = models.CharField(max_length=80, blank=True, default="", editable=False)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=100, blank=True, default="", editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    failure = models.CharField(_("why it failed"), max_length=200, blank=True, default="")
    status = models.GeneratedField(
        expression=Case(
            When(done_at__isnull=False, then=Value("done")),
            When(failed_at__isnull=False, then=Value("failed")),
            default=Value("pending"),
            output_field=models.CharField(max_length=10),
        ),
        output_field=models.CharField(_("status"), max_length=10, choices=Status),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("refund through the gateway")
        verbose_name_plural = _("refunds through the gateway")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["-at"], name="gateway_refund_in_trouble", condition=Q(done_at=None)),)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="gateway_refund_is_positive"),
            models.CheckConstraint(condition=Q(done_at=None) | Q(failed_at=None), name="gateway_refund_done_or_failed"),
            models.CheckConstraint(
                condition=Q(failed_at=None) | ~Q(failure=""), name="gateway_refund_failed_for_a_reason"
            ),
            models.UniqueConstraint(
                fields=["source_reference"], name="one_gateway_refund_of_a_source", condition=~Q(source_reference="")
            ),
            models.UniqueConstraint(
                fields=["link", "reference"], name="one_gateway_refund_of_a_reference", condition=~Q(reference="")
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
