"""Price lists, who has which, and packages."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.billing.models.invoice import Invoice
from apps.billing.models.service import Service
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.patients.models import Patient


class PriceList(ClinicModel):
    """Prices that some patients have: staff, a company's. What a list has no price for costs what the service costs."""

    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(Lower("name"), name="one_price_list_of_a_name"),
            models.CheckConstraint(condition=~Q(name=""), name="price_list_has_a_name"),
        )

    def __str__(self) -> str:
        return self.name


class PriceQuerySet(models.QuerySet["Price"]):
    def on(self, day: date) -> Self:
        """Those that hold on this day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)


class Price(ClinicModel):
    """What a service costs on a list, from a day on. No two hold on the same day: the constraint `one_price_a_day`."""

    price_list = models.ForeignKey(PriceList, models.PROTECT, related_name="prices")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    amount = MoneyField(_("price"))
    starts_on = models.DateField(_("from day"))
    ends_on = models.DateField(_("to day"), null=True, blank=True)

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ("service__name", "-starts_on")
        constraints = (
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="price_ends_after_it_starts"
            ),
        )

    def __str__(self) -> str:
        return str(self.amount)

    def holds_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class PatientPriceList(ClinicModel):
    """The list that a patient's services are charged by."""

    patient = models.OneToOneField(Patient, models.PROTECT, related_name="+")
    price_list = models.ForeignKey(PriceList, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("price list of a patient")
        verbose_name_plural = _("price lists of patients")

    def __str__(self) -> str:
        return str(self.price_list_id)


class InvoicePriceList(ClinicModel):
    """The list that one draft is charged by instead of its patient's; without a list: what the services cost."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="+")
    price_list = models.ForeignKey(PriceList, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("price list of an invoice")
        verbose_name_plural = _("price lists of invoices")

    def __str__(self) -> str:
        return str(self.price_list_id)


class PackagePart(ClinicModel):
    """What a package consists of. Its price is shared over its parts (apps.billing.prices.packages says how)."""

    package = models.ForeignKey(Service, models.CASCADE, related_name="parts")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name=_("service"))
    quantity = models.DecimalField(_("quantity"), max_digits=10, decimal_places=3)
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("part of a package")
        verbose_name_plural = _("parts of packages")
        ordering = ("package", "position")
        constraints = (
            models.UniqueConstraint(fields=["package", "service"], name="one_part_of_a_service"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="package_part_is_something"),
            models.CheckConstraint(condition=~Q(package=F("service")), name="package_is_not_its_own_part"),
        )

    def __str__(self) -> str:
        return str(self.service_id)
