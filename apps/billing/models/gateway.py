"""Payment links: the clinic's account at a gateway, links that were sent, and what the gateway says of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.payment import Payment
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class PaymentGateway(ClinicModel):
    """The clinic's account at a gateway: which one, as whom, and the key that signs what is said both ways."""

    class Code(models.TextChoices):
        HTTP = "http", _("Payment links over HTTP")

    code = models.CharField(_("gateway"), max_length=20, choices=Code.choices, unique=True)
    merchant = models.CharField(_("merchant"), max_length=80)
    key = SealedTextField(_("key"), field_id="billing.paymentgateway.key")
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("payment gateway")
        verbose_name_plural = _("payment gateways")

    def __str__(self) -> str:
        return self.get_code_display()


class PaymentLink(ClinicModel):
    """A link by which a patient pays from where they are. Its payment is on its way until the gateway says more.

    `reference` and `url` are the gateway's, written once when a worker has made the link there.
    """

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="link")
    gateway = models.ForeignKey(PaymentGateway, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("ends"))
    reference = models.CharField(max_length=100, blank=True, default="")
    url = SealedTextField(_("link"), field_id="billing.paymentlink.url", blank=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("payment link")
        verbose_name_plural = _("payment links")
        constraints = (
            models.UniqueConstraint(
                fields=["gateway", "reference"], name="one_link_of_a_reference", condition=~Q(reference="")
            ),
            models.CheckConstraint(
                condition=Q(made_at=None, reference="") | Q(made_at__isnull=False) & ~Q(reference=""),
                name="link_made_wholly_or_not",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class LinkEnding(ClinicModel):
    """A link was given up at the desk, and the gateway is to end it; what it answers is a `GatewayEvent`."""

    append_only = True

    link = models.OneToOneField(PaymentLink, models.PROTECT, related_name="ending")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("ending of a payment link")
        verbose_name_plural = _("endings of payment links")

    def __str__(self) -> str:
        return str(self.pk)


class GatewayEvent(ClinicModel):
    """What a gateway said, once for each of its own event ids, and what came of it. Rows are only ever added."""

    append_only = True

    class Outcome(models.TextChoices):
        CAPTURED = "captured", _("The money has come")
        FAILED = "failed", _("The money will not come")
        ALREADY = "already", _("Known already: nothing changed")
        MISMATCH = "mismatch", _("Another amount or currency: nothing changed")
        BOOKED = "booked", _("Paid after the link had ended: kept as the patient's credit")
        GIVEN_BACK = "given_back", _("The money went back")
        NOT_BACK = "not_back", _("The money could not be given back")
        CONTRARY = "contrary", _("The opposite of what was said before: nothing changed")
        ENDED = "ended", _("The link is ended: nobody can pay by it any more")
        NOT_ENDED = "not_ended", _("The gateway would not end the link: paid all the same, it is the patient's credit")
        SETTLED = "settled", _("It has reached the bank")
        IGNORED = "ignored", _("Not about money: nothing changed")

    gateway = models.ForeignKey(PaymentGateway, models.PROTECT, related_name="+")
    event_id = models.CharField(max_length=100)
    link = models.ForeignKey(PaymentLink, models.PROTECT, null=True, blank=True, related_name="events")
    payment = models.OneToOneField(
        Payment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="came_late",
        help_text=_("As what money was booked that came after its link had ended."),
    )
    gateway_refund = models.ForeignKey(
        "billing.GatewayRefund", models.PROTECT, null=True, blank=True, related_name="events"
    )
    settlement = models.OneToOneField(
        "billing.GatewaySettlement", models.PROTECT, null=True, blank=True, related_name="told_by"
    )
    kind = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    said = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text=_("Another amount: as it was told.")
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("word of a gateway")
        verbose_name_plural = _("words of gateways")
        ordering = ("at", "id")
        indexes = (
            models.Index(
                fields=["at"], name="event_in_trouble", condition=Q(outcome__in=["mismatch", "contrary", "not_ended"])
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["gateway", "event_id"], name="one_event_of_an_id"),
            models.UniqueConstraint(
                fields=["link"], name="one_capture_a_link", condition=Q(outcome__in=["captured", "booked"])
            ),
            models.UniqueConstraint(
                fields=["gateway_refund"],
                name="one_end_of_a_gateway_refund",
                condition=Q(outcome__in=["given_back", "not_back"]),
            ),
            models.CheckConstraint(
                condition=Q(outcome="booked", payment__isnull=False) | ~Q(outcome="booked") & Q(payment=None),
                name="event_booked_as_a_payment",
            ),
            models.CheckConstraint(
                condition=Q(outcome="settled", settlement__isnull=False) | ~Q(outcome="settled") & Q(settlement=None),
                name="event_settled_as_a_settlement",
            ),
        )

    def __str__(self) -> str:
        return self.event_id

    @property
    def of_payment(self) -> Payment:
        """The payment that was expected, or that was to go back. Fetch it along; not for what is about neither."""
        about = self.link or self.gateway_refund
        assert about is not None
        return about.payment


class SeenTo(ClinicModel):
    """Somebody saw to what a gateway said and the house did not do, and wrote down what came of it."""

    append_only = True

    event = models.OneToOneField(GatewayEvent, models.PROTECT, related_name="seen_to")
    note = SealedTextField(_("what was done"), field_id="billing.seento.note")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("trouble that was seen to")
        verbose_name_plural = _("troubles that were seen to")

    def __str__(self) -> str:
        return str(self.pk)
