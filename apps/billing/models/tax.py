"""Taxes of the clinic, what takes them and from when; and what of them stands on each line of an invoice."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.service import Service
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel


class TaxQuerySet(models.QuerySet["Tax"]):
    def on(self, day: date) -> Self:
        """Those that hold on this day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)


class Tax(ClinicModel):
    """A tax, its rate and its days. Of one name no two hold on the same day: the constraint `one_tax_of_a_name_a_day`.

    A rate that changes on some day is a second row from that day on, so that what was done before keeps its rate.
    """

    name = models.CharField(_("name"), max_length=40, help_text=_("As printed, for example CGST."))
    rate = models.DecimalField(_("rate %"), max_digits=6, decimal_places=3)
    is_included = models.BooleanField(
        _("prices include it"),
        default=False,
        help_text=_("The price stays what it is, and the tax is worked out of it."),
    )
    starts_on = models.DateField(_("from day"))
    ends_on = models.DateField(_("to day"), null=True, blank=True, help_text=_("Empty: until further notice."))

    objects = TaxQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax")
        verbose_name_plural = _("taxes")
        ordering = ("name", "-starts_on")
        constraints = (
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="tax_rate_0_to_100"),
            models.CheckConstraint(condition=~Q(name=""), name="tax_has_a_name"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="tax_ends_after_it_starts"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def holds_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class TaxScope(ClinicModel):
    """What takes a tax: a category of services, or one service."""

    tax = models.ForeignKey(Tax, models.CASCADE, related_name="scopes")
    category = models.CharField(max_length=20, choices=Service.Category.choices, blank=True, default="")
    service = models.ForeignKey(Service, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("what takes a tax")
        verbose_name_plural = _("what takes a tax")
        constraints = (
            models.UniqueConstraint(
                fields=["tax", "category"], name="one_tax_scope_of_a_category", condition=~Q(category="")
            ),
            models.UniqueConstraint(fields=["tax", "service"], name="one_tax_scope_of_a_service"),
            models.CheckConstraint(
                condition=~Q(category="") & Q(service=None) | Q(category="", service__isnull=False),
                name="tax_scope_is_one_thing",
            ),
        )

    def __str__(self) -> str:
        return self.category or str(self.service_id)


class InvoiceLineTax(ClinicModel):
    """One tax on one line: name, rate and amount, copied when it was drafted. They come and go with their draft.

    An exclusive tax is the line's net × rate, half up. Where the price includes taxes, the net is price × 100 ÷
    (100 + their rates), half up, and they share the rest in proportion to their rates (largest remainder; of equal
    ones the first takes the odd unit), so that net and taxes are the price. At COMMIT the database proves for every
    line that was written that its ``tax`` is what these come to (migrations/sql/taxes.sql).
    """

    line = models.ForeignKey("billing.InvoiceLine", models.PROTECT, related_name="taxes")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40, blank=True, default="")
    rate = models.DecimalField(max_digits=6, decimal_places=3)
    is_included = models.BooleanField(default=False)
    amount = MoneyField(default=Decimal(0))

    class Meta:
        verbose_name = _("tax of a line")
        verbose_name_plural = _("taxes of lines")
        ordering = ("line_id", "position")
        constraints = (
            models.UniqueConstraint(fields=["line", "position"], name="one_line_tax_at_a_place"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="line_tax_rate_0_to_100"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="line_tax_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.amount}"
