"""Charges on an invoice."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.invoice import Invoice
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class InvoiceLine(ClinicModel):
    """One charge. Words, price and taxes are copies: the catalogue may change, the invoice does not.

    ``gross`` = price × quantity, ``net`` = gross − discount − taxes that the price has in it, ``tax`` = what its taxes
    (InvoiceLineTax) come to, each rounded half up in the invoice's decimals; ``tax_name`` and ``tax_rate`` sum those
    up. The database checks the arithmetic of every line.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    service = models.ForeignKey("billing.Service", models.PROTECT, null=True, blank=True, related_name="+")
    description = SealedTextField(_("description"), field_id="billing.invoiceline.description")
    quantity = models.DecimalField(_("quantity"), max_digits=10, decimal_places=3, default=Decimal(1))
    unit_price = MoneyField(_("price"))
    discount_percent = models.DecimalField(_("discount %"), max_digits=6, decimal_places=3, null=True, blank=True)
    discount = MoneyField(_("discount"), default=Decimal(0))
    discount_given = models.ForeignKey(
        "billing.Discount",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name=_("discount given"),
    )
    price_list = models.ForeignKey(
        "billing.PriceList", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("price list")
    )
    package = models.ForeignKey(
        "billing.Service", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("package")
    )
    bundle = models.UUIDField(null=True, blank=True, help_text=_("The same on all lines of one package."))
    service_on = models.DateField(_("day of service"), null=True, blank=True)
    visit_part = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("What of its visit it charges."),
    )
    follows_visit = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text=_("Nobody has changed it: until the visit is completed it says what the visit costs."),
    )
    tax_name = models.CharField(_("tax"), max_length=400, blank=True, default="")
    tax_rate = models.DecimalField(_("tax rate"), max_digits=6, decimal_places=3, default=Decimal(0))
    decimals = models.PositiveSmallIntegerField()
    gross = MoneyField(editable=False)
    included = MoneyField(_("tax in the price"), default=Decimal(0), editable=False)
    net = MoneyField(editable=False)
    tax = MoneyField(editable=False)
    total = MoneyField(editable=False)

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ("invoice_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["invoice", "position"], name="one_line_at_a_place"),
            models.CheckConstraint(
                condition=Q(package=None, bundle=None) | Q(package__isnull=False, bundle__isnull=False),
                name="line_of_a_package_knows_which",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price__gte=0, discount__gte=0, discount__lte=F("gross")),
                name="line_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(tax_rate__gte=0, tax_rate__lte=100)
                & (Q(discount_percent__isnull=True) | Q(discount_percent__gte=0, discount_percent__lte=100)),
                name="line_rates_0_to_100",
            ),
            models.CheckConstraint(
                condition=Q(net=F("gross") - F("discount") - F("included"), total=F("net") + F("tax")),
                name="line_sums_add_up",
            ),
            models.CheckConstraint(
                condition=Q(visit_part__in=["visit", "facility"]) | Q(visit_part="", follows_visit=False),
                name="line_of_a_visit_says_what_of_it",
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}. {self.total}"
