from decimal import Decimal
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from apps.billing.models.drawer import DrawerSession
from apps.billing.models.invoice import Invoice
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.patients.models import Patient
from apps.patients.models.persons import records_of


class PaymentMethod(models.TextChoices):
    CASH = "cash", _("Cash")
    CARD = "card", _("Card")
    UPI = "upi", _("UPI")
    BANK = "bank", _("Bank transfer")
    CHEQUE = "cheque", _("Cheque")
    INSURER = "insurer", _("Insurer")
    LINK = "link", _("Payment link")


# What somebody at a desk may take; of links the gateway says when they are paid.
AT_THE_DESK = [choice for choice in PaymentMethod.choices if choice[0] != PaymentMethod.LINK]
# What lies in a drawer and is counted there: money, slips and cheques.
COUNTED = (PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.UPI, PaymentMethod.CHEQUE)


class PaymentStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    CAPTURED = "captured", _("Received")
    FAILED = "failed", _("Failed")
    PARTIALLY_REFUNDED = "partially_refunded", _("Partly refunded")
    REFUNDED = "refunded", _("Refunded")


class PaymentQuerySet(models.QuerySet["Payment"]):
    def captured(self) -> Self:
        return self.filter(captured_at__isnull=False)

    def pending(self) -> Self:
        """On its way: nothing of it is in the books yet."""
        return self.filter(status=PaymentStatus.PENDING)

    def failed(self) -> Self:
        return self.filter(status=PaymentStatus.FAILED)

    def with_credit(self) -> Self:
        """Payments of which something is not yet used: together they are the patient's credit."""
        return self.filter(unapplied__gt=0)

    def for_patient(self, patient: Patient | UUID) -> Self:
        """Of the person: on each of their records, where several were merged."""
        return self.filter(patient__in=records_of(patient))

    def oldest_first(self) -> Self:
        return self.order_by("received_on", "id")


class Payment(ClinicModel):
    """Money that came in. Never deleted and never changed (FR-B02); a refund offsets it.

    ``applied`` (to invoices), ``refunded`` (given back) and ``going_back`` (asked back through a gateway, which has not
    said yet what became of it) are kept by triggers. ``unapplied`` is what is left: the
    patient's credit is the sum of it over their payments and is stored nowhere else.
    """

    number = models.CharField(_("number"), max_length=20, blank=True, default="", editable=False)
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="payments", verbose_name=_("patient"))
    method = models.CharField(_("method"), max_length=20, choices=PaymentMethod.choices)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    tendered = models.DecimalField(
        _("tendered"),
        max_digits=18,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("The cash that was put on the desk; the rest is change."),
    )
    reference = models.CharField(
        _("reference"), max_length=80, blank=True, default="", help_text=_("Card slip, UPI or cheque number.")
    )
    source_reference = models.CharField(max_length=80, blank=True, default="", editable=False)
    meant_for = models.ForeignKey(
        Invoice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="expected",
        verbose_name=_("meant for"),
        help_text=_("The invoice that money on its way is to pay."),
    )
    drawer_session = models.ForeignKey(
        DrawerSession, models.PROTECT, null=True, blank=True, editable=False, related_name="payments"
    )
    received_on = models.DateField(_("received on"))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    captured_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(_("why it failed"), max_length=200, blank=True, default="")

    applied = MoneyField(_("applied"), default=Decimal(0), editable=False)
    refunded = MoneyField(_("refunded"), default=Decimal(0), editable=False)
    going_back = MoneyField(_("going back"), default=Decimal(0), db_default=Decimal(0), editable=False)
    unapplied = models.GeneratedField(
        expression=Case(
            When(captured_at__isnull=False, then=F("amount") - F("applied") - F("refunded")),
            default=Value(Decimal(0), output_field=MoneyField()),
            output_field=MoneyField(),
        ),
        output_field=MoneyField(),
        db_persist=True,
    )
    status = models.GeneratedField(
        expression=Case(
            When(failed_at__isnull=False, then=Value("failed")),
            When(captured_at__isnull=True, then=Value("pending")),
            When(refunded=F("amount"), then=Value("refunded")),
            When(refunded__gt=0, then=Value("partially_refunded")),
            default=Value("captured"),
            output_field=models.CharField(max_length=20),
        ),
        output_field=models.CharField(_("status"), max_length=20, choices=PaymentStatus.choices),
        db_persist=True,
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["patient", "received_on"], name="payment_by_patient"),
            models.Index(fields=["received_on", "method"], name="payment_by_day"),
            models.Index(fields=["patient"], name="payment_with_credit", condition=Q(unapplied__gt=0)),
            models.Index(fields=["created_at"], name="payment_in_trouble", condition=Q(captured_at__isnull=True)),
        )
        constraints = (
            models.UniqueConstraint(fields=["number"], name="one_payment_of_a_number", condition=~Q(number="")),
            models.UniqueConstraint(
                fields=["source_reference"], name="one_payment_of_a_source", condition=~Q(source_reference="")
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_positive"),
            models.CheckConstraint(
                condition=Q(applied__gte=0, refunded__gte=0, amount__gte=F("applied") + F("refunded")),
                name="payment_used_at_most_once",
            ),
            models.CheckConstraint(
                condition=Q(going_back__gte=0, amount__gte=F("refunded") + F("going_back")),
                name="payment_goes_back_at_most_once",
            ),
            models.CheckConstraint(
                condition=Q(captured_at__isnull=False) | Q(applied=0, refunded=0, number=""),
                name="payment_not_captured_is_no_money",
            ),
            models.CheckConstraint(
                condition=Q(captured_at__isnull=True) | Q(failed_at__isnull=True) & ~Q(number=""),
                name="payment_captured_has_a_number",
            ),
            models.CheckConstraint(
                condition=Q(failed_at__isnull=True) | ~Q(failure=""), name="payment_failed_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(tendered=None) | Q(method="cash", tendered__gte=F("amount")),
                name="payment_tendered_covers_it",
            ),
            models.CheckConstraint(
                condition=Q(drawer_session=None)
                | Q(captured_at__isnull=False, method__in=["cash", "card", "upi", "cheque"]),
                name="payment_in_a_drawer_lies_there",
            ),
        )

    def __str__(self) -> str:
        return self.number or str(_("Payment without receipt"))

    @property
    def change(self) -> Decimal:
        """What was given back at once of the cash that was put on the desk."""
        return Decimal(0) if self.tendered is None else self.tendered - self.amount

    @property
    def refundable(self) -> Decimal:
        """What may still be given back, in the clinic's currency."""
        return self.amount - self.refunded - self.going_back if self.captured_at else Decimal(0)

    @property
    def free_credit(self) -> Decimal:
        """Its unused credit that is not about to go back."""
        free: Decimal = self.unapplied - self.going_back
        return max(free, Decimal(0))


class PaymentAllocation(ClinicModel):
    """A part of a payment put on an invoice (positive) or taken off again (negative). Rows are only ever added."""

    append_only = True

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        CREDIT = "credit", _("Credit used")
        REFUND = "refund", _("Refund")
        VOID = "void", _("Invoice voided")
        CREDITED = "credited", _("Taken off by a credit note")
        RESTORED = "restored", _("Put back: a credit note was taken back")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    refund = models.ForeignKey("billing.Refund", models.PROTECT, null=True, blank=True, related_name="allocations")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = MoneyField()
    recognised = MoneyField(help_text=_("Revenue recognised by it (negative: taken back)."))
    by_itself = models.BooleanField(
        default=False, db_default=False, help_text=_("Credit that was used because the clinic has it so.")
    )
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ("at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    kind__in=["payment", "credit", "restored"], amount__gt=0, recognised__gte=0, refund__isnull=True
                )
                | Q(kind="refund", amount__lt=0, recognised__lte=0, refund__isnull=False)
                | Q(kind__in=["void", "credited"], amount__lt=0, recognised__lte=0, refund__isnull=True),
                name="allocation_sign_follows_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(by_itself=False) | Q(kind="credit"), name="only_credit_is_used_by_itself"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class Refund(ClinicModel):
    """Money given back out of one payment. Never deleted and never changed."""

    append_only = True

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = MoneyField(_("amount"))
    method = models.CharField(_("given back by"), max_length=20, choices=PaymentMethod.choices)
    reason = SealedTextField(_("reason"), field_id="billing.refund.reason")
    gateway_refund = models.OneToOneField(
        "billing.GatewayRefund", models.PROTECT, null=True, blank=True, editable=False, related_name="refund"
    )
    source_reference = models.CharField(max_length=80, blank=True, default="", editable=False)
    drawer_session = models.ForeignKey(
        DrawerSession, models.PROTECT, null=True, blank=True, editable=False, related_name="refunds"
    )
    refunded_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ("at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
            models.CheckConstraint(
                condition=Q(drawer_session=None) | Q(method__in=["cash", "card", "upi", "cheque"]),
                name="refund_out_of_a_drawer_lay_there",
            ),
            models.UniqueConstraint(
                fields=["source_reference"], name="one_refund_of_a_source", condition=~Q(source_reference="")
            ),
        )

    def __str__(self) -> str:
        return self.number
