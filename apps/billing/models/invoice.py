"""What a patient is asked to pay, and what of it is paid, credited or written off."""

from decimal import Decimal
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.patients.models import Patient
from apps.patients.models.persons import records_of

# What of an invoice is not paid but taken off: by credit notes, and by write-offs that stand.
STANDING = F("total") - F("credited") - F("written_off")


class InvoiceStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Unpaid")
    PARTIALLY_PAID = "partially_paid", _("Partly paid")
    PAID = "paid", _("Paid")
    SETTLED = "settled", _("Settled")  # paid in part, the rest written off
    WRITTEN_OFF = "written_off", _("Written off")
    CREDITED = "credited", _("Credited")
    REFUNDED = "refunded", _("Refunded")
    VOID = "void", _("Void")


# Nothing is owed any more, though money alone did not do it.
_SETTLED = Case(
    When(applied=0, then=Value("written_off")),
    When(written_off=0, then=Value("paid")),
    default=Value("settled"),
    output_field=models.CharField(max_length=20),
)


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def drafts(self) -> Self:
        return self.filter(status=InvoiceStatus.DRAFT)

    def issued(self) -> Self:
        """Issued and not void: the ones that count."""
        return self.filter(issued_at__isnull=False, voided_at__isnull=True)

    def unpaid(self) -> Self:
        """Issued invoices on which something is still owed."""
        return self.filter(due__gt=0)

    def for_patient(self, patient: Patient | UUID) -> Self:
        """Of the person: on each of their records, where several were merged."""
        return self.filter(patient__in=records_of(patient))

    def oldest_first(self) -> Self:
        return self.order_by("due_on", "issued_on", "number")

    def with_people(self) -> Self:
        return self.select_related("patient", "appointment__provider", "appointment__appointment_type")


class Invoice(ClinicModel):
    """What one patient is charged: a draft first, then issued and from that moment unchangeable.

    Nobody writes its sums or its status. ``net``, ``tax`` and ``total`` follow the lines, ``applied`` follows the
    allocations of payments, ``refunded`` follows the refunds, ``credited`` the credit notes, ``written_off`` the
    write-offs that stand and ``voided_at`` the void: triggers of the database keep them, and refuse everyone else.
    ``due`` and ``status`` are computed columns. A wrong status is therefore not a mistake that code could make.
    """

    class Source(models.TextChoices):
        VISIT = "visit", _("Completed visit")
        ARRIVAL = "arrival", _("Visit, at check-in")
        CANCELLATION = "cancellation", _("Late cancellation")
        NO_SHOW = "no_show", _("No-show")
        DESK = "desk", _("Written at the desk")
        IMPORTED = "imported", _("Imported")

    number = models.CharField(_("number"), max_length=20, blank=True, default="", editable=False)
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="invoices", verbose_name=_("patient"))
    appointment = models.ForeignKey(
        "scheduling.Appointment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invoices",
        verbose_name=_("visit"),
    )
    source = models.CharField(_("made from"), max_length=20, choices=Source.choices, default=Source.DESK)
    source_reference = models.CharField(_("reference"), max_length=80, blank=True, default="")
    currency = models.CharField(_("currency"), max_length=3)
    decimals = models.PositiveSmallIntegerField(help_text=_("Decimals of the currency when the draft was made."))
    created_at = models.DateTimeField(_("drafted at"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    net = MoneyField(_("net"), default=Decimal(0), editable=False)
    tax = MoneyField(_("tax"), default=Decimal(0), editable=False)
    total = MoneyField(_("total"), default=Decimal(0), editable=False)
    applied = MoneyField(_("paid"), default=Decimal(0), editable=False)
    refunded = MoneyField(_("refunded"), default=Decimal(0), editable=False)
    credited = MoneyField(_("credited"), default=Decimal(0), db_default=Decimal(0), editable=False)
    credited_net = MoneyField(default=Decimal(0), db_default=Decimal(0), editable=False)
    written_off = MoneyField(_("written off"), default=Decimal(0), db_default=Decimal(0), editable=False)
    written_off_net = MoneyField(default=Decimal(0), db_default=Decimal(0), editable=False)
    voided_at = models.DateTimeField(null=True, blank=True, editable=False)
    due = models.GeneratedField(
        expression=Case(
            When(Q(issued_at__isnull=False, voided_at__isnull=True), then=STANDING - F("applied")),
            default=Value(Decimal(0), output_field=MoneyField()),
            output_field=MoneyField(),
        ),
        output_field=MoneyField(),
        db_persist=True,
    )
    status = models.GeneratedField(
        expression=Case(
            When(voided_at__isnull=False, then=Value("void")),
            When(issued_at__isnull=True, then=Value("draft")),
            When(applied=F("total"), then=Value("paid")),
            When(credited=F("total"), then=Value("credited")),
            When(applied=STANDING, then=_SETTLED),
            When(applied__gt=0, then=Value("partially_paid")),
            When(refunded__gt=0, then=Value("refunded")),
            default=Value("issued"),
            output_field=models.CharField(max_length=20),
        ),
        output_field=models.CharField(_("status"), max_length=20, choices=InvoiceStatus.choices),
        db_persist=True,
    )

    objects = InvoiceQuerySet.as_manager()

    # Of these a visit has one that stands, whichever was made first.
    OF_A_VISIT = (Source.VISIT, Source.ARRIVAL)

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["status", "created_at"], name="invoice_by_status"),
            models.Index(fields=["patient", "issued_on"], name="invoice_by_patient"),
            models.Index(fields=["issued_on"], name="invoice_by_day"),
            models.Index(
                fields=["due_on"],
                include=["id", "patient", "due"],  # all that the ageing of receivables asks for
                name="invoice_unpaid",
                condition=Q(due__gt=0),
            ),
            models.Index(fields=["patient"], include=["due"], name="invoice_owed_by", condition=Q(due__gt=0)),
        )
        constraints = (
            models.UniqueConstraint(fields=["number"], name="one_invoice_of_a_number", condition=~Q(number="")),
            # FR-B01: a visit makes one draft, at check-in or when it is completed, however often that is announced.
            models.UniqueConstraint(
                fields=["appointment"],
                name="one_invoice_per_completion",
                condition=Q(source__in=["visit", "arrival"], voided_at__isnull=True),
            ),
            # The same for a cancellation or a no-show, of which an appointment has one at a time.
            models.UniqueConstraint(
                fields=["appointment"],
                name="one_invoice_per_missed_visit",
                condition=Q(source__in=["cancellation", "no_show"], voided_at__isnull=True),
            ),
            # A replayed import finds what it made before.
            models.UniqueConstraint(
                fields=["source", "source_reference"],
                name="one_invoice_of_a_source",
                condition=Q(voided_at__isnull=True) & ~Q(source_reference=""),
            ),
            models.CheckConstraint(
                condition=~Q(source__in=["visit", "arrival"]) | Q(appointment__isnull=False),
                name="invoice_of_a_visit_names_it",
            ),
            models.CheckConstraint(
                condition=~Q(source__in=["cancellation", "no_show"]) | Q(appointment__isnull=False),
                name="invoice_of_a_missed_visit_names_it",
            ),
            models.CheckConstraint(
                condition=Q(number="", issued_on=None, due_on=None, issued_at=None, issued_by=None)
                | ~Q(number="")
                & Q(due_on__gte=F("issued_on"), issued_on__isnull=False, issued_at__isnull=False)
                & Q(issued_by__isnull=False),
                name="invoice_issued_wholly_or_not",
            ),
            models.CheckConstraint(
                condition=Q(net__gte=0, tax__gte=0, total=F("net") + F("tax")), name="invoice_sums_add_up"
            ),
            models.CheckConstraint(
                condition=Q(applied__gte=0, refunded__gte=0, applied__lte=STANDING),
                name="invoice_paid_at_most_its_total",
            ),
            # Net and tax are taken off each for itself: neither goes below zero.
            models.CheckConstraint(
                condition=Q(credited_net__gte=0, credited__gte=F("credited_net"))
                & Q(written_off_net__gte=0, written_off__gte=F("written_off_net"))
                & Q(net__gte=F("credited_net") + F("written_off_net"))
                & Q(tax__gte=F("credited") - F("credited_net") + F("written_off") - F("written_off_net")),
                name="invoice_reduced_within_net_and_tax",
            ),
            models.CheckConstraint(
                condition=Q(issued_at__isnull=False) | Q(applied=0, refunded=0, credited=0, written_off=0),
                name="draft_has_no_payments",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | Q(applied=0, credited=0, written_off=0),
                name="void_invoice_holds_no_payment",
            ),
        )

    def __str__(self) -> str:
        return self.number or str(_("Draft invoice"))

    @property
    def is_draft(self) -> bool:
        return self.issued_at is None and self.voided_at is None

    @property
    def is_void(self) -> bool:
        return self.voided_at is not None

    @property
    def is_open(self) -> bool:
        """Issued, not void, and something is still owed."""
        return bool(self.due)

    @property
    def standing_total(self) -> Decimal:
        """What it still comes to, less credit notes and write-offs."""
        return self.total - self.credited - self.written_off

    @property
    def standing_net(self) -> Decimal:
        return self.net - self.credited_net - self.written_off_net
