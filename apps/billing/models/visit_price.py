"""What visits cost on a price list."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.pricing import PriceList
from apps.clinic.models import Provider
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.scheduling.models import AppointmentType


class VisitPriceQuerySet(models.QuerySet["VisitPrice"]):
    def on(self, day: date) -> Self:
        """Those that hold on this day."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)


class VisitPrice(ClinicModel):
    """What a kind of appointment, or the facility fee that comes with it, costs on a list from a day on: with one
    provider, or with everybody for whom the list has nothing of their own. The constraint `one_visit_price_a_day`.
    """

    class Part(models.TextChoices):
        VISIT = "visit", _("Visit")
        FACILITY = "facility", _("Facility fee")

    price_list = models.ForeignKey(PriceList, models.PROTECT, related_name="visit_prices")
    appointment_type = models.ForeignKey(AppointmentType, models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, models.PROTECT, null=True, blank=True, related_name="+")
    part = models.CharField(max_length=10, choices=Part.choices, default=Part.VISIT)
    amount = MoneyField(_("price"))
    starts_on = models.DateField(_("from day"))
    ends_on = models.DateField(_("to day"), null=True, blank=True)

    objects = VisitPriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price of visits")
        verbose_name_plural = _("prices of visits")
        ordering = ("appointment_type__position", "appointment_type__name", "part", "-starts_on", "id")
        constraints = (
            models.CheckConstraint(condition=Q(amount__gte=0), name="visit_price_not_negative"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="visit_price_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(part__in=["visit", "facility"]), name="visit_price_part"),
        )

    def __str__(self) -> str:
        return str(self.amount)
