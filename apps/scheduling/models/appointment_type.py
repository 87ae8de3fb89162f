"""What can be booked: how long it takes, what it costs, and what missing it costs."""

from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Colour
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel


class FeeKind(models.TextChoices):
    """How a fee for a missed appointment is worked out."""

    NONE = "none", _("Nothing")
    FIXED = "fixed", _("A fixed amount")
    PERCENT = "percent", _("A percentage of the visit's fee")


class ChargedWhen(models.TextChoices):
    """When a visit's draft invoice is made. Whichever it is, a visit has one."""

    COMPLETION = "completion", _("When the visit is completed")
    CHECK_IN = "check_in", _("At check-in")


class Measure(NamedTuple):
    """How long a visit takes, and how long its provider needs before and after it."""

    duration: timedelta
    before: timedelta
    after: timedelta


class AppointmentTypeQuerySet(models.QuerySet["AppointmentType"]):
    def active(self) -> "AppointmentTypeQuerySet":
        """Those that may still be booked."""
        return self.filter(is_active=True)


class AppointmentType(ClinicModel):
    """What can be booked: how long it takes and what it costs. A visit's invoice copies words, rate and tax."""

    name = models.CharField(_("name"), max_length=80)
    duration_minutes = models.PositiveSmallIntegerField(_("minutes"))
    rate = MoneyField(_("fee"), help_text=_("Of every provider who has no fee of their own for it."))
    tax_name = models.CharField(_("tax"), max_length=40, blank=True, help_text=_("GST, VAT … or nothing."))
    tax_rate = models.DecimalField(_("tax rate"), max_digits=6, decimal_places=3, default=Decimal(0), help_text="%")
    facility_rate = MoneyField(_("facility fee"), default=Decimal(0), help_text=_("A line of its own on the invoice."))
    facility_tax_name = models.CharField(_("tax on it"), max_length=40, blank=True)
    facility_tax_rate = models.DecimalField(_("tax rate on it"), max_digits=6, decimal_places=3, default=Decimal(0))
    charged_when = models.CharField(
        _("the draft invoice is made"),
        max_length=10,
        choices=ChargedWhen,
        default=ChargedWhen.COMPLETION,
        help_text=_("At check-in, patients can pay the invoice before they are seen."),
    )
    follow_up_days = models.PositiveSmallIntegerField(
        _("days of free return"), default=0, help_text=_("After a charged visit with the same provider. 0: never free.")
    )
    follow_up_percent = models.DecimalField(
        _("let off on a return"), max_digits=6, decimal_places=3, default=Decimal(100), help_text="%"
    )
    cancel_fee_kind = models.CharField(
        _("a late cancellation costs"), max_length=10, choices=FeeKind, default=FeeKind.NONE
    )
    cancel_fee_value = MoneyField(_("amount or percentage"), default=Decimal(0))
    cancel_free_hours = models.PositiveSmallIntegerField(_("free until so many hours before"), default=24)
    no_show_fee_kind = models.CharField(_("a no-show costs"), max_length=10, choices=FeeKind, default=FeeKind.NONE)
    no_show_fee_value = MoneyField(_("amount or percentage"), default=Decimal(0))
    buffer_before = models.PositiveSmallIntegerField(_("minutes to prepare"), default=0)
    buffer_after = models.PositiveSmallIntegerField(_("minutes to tidy up"), default=0)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour, default=Colour.AZURE)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100)

    objects = AppointmentTypeQuerySet.as_manager()

    class Meta:
        ordering = ("position", "name")
        verbose_name = _("appointment type")
        verbose_name_plural = _("appointment types")
        constraints = (
            models.UniqueConstraint(Lower("name"), name="appointment_type_name_once"),
            models.CheckConstraint(
                condition=models.Q(duration_minutes__range=(1, 1440)), name="appointment_type_duration"
            ),
            models.CheckConstraint(condition=models.Q(rate__gte=0), name="appointment_type_rate"),
            models.CheckConstraint(condition=models.Q(tax_rate__range=(0, 100)), name="appointment_type_tax_rate"),
            models.CheckConstraint(
                condition=models.Q(buffer_before__lte=240, buffer_after__lte=240), name="appointment_type_buffers"
            ),
            models.CheckConstraint(
                condition=models.Q(facility_rate__gte=0, facility_tax_rate__range=(0, 100)),
                name="appointment_type_facility",
            ),
            models.CheckConstraint(
                condition=models.Q(follow_up_days__lte=366, follow_up_percent__range=(0, 100)),
                name="appointment_type_follow_up",
            ),
            models.CheckConstraint(
                condition=models.Q(cancel_fee_value__gte=0, no_show_fee_value__gte=0, cancel_free_hours__lte=8784)
                & (~models.Q(cancel_fee_kind="percent") | models.Q(cancel_fee_value__lte=100))
                & (~models.Q(no_show_fee_kind="percent") | models.Q(no_show_fee_value__lte=100)),
                name="appointment_type_missed",
            ),
            models.CheckConstraint(
                condition=models.Q(cancel_fee_kind__in=FeeKind.values, no_show_fee_kind__in=FeeKind.values),
                name="appointment_type_fee_kinds",
            ),
            models.CheckConstraint(
                condition=models.Q(charged_when__in=ChargedWhen.values), name="appointment_type_charged_when"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_minutes)

    @property
    def measure(self) -> Measure:
        """What a visit takes that nobody has made longer or shorter."""
        return Measure(self.duration, timedelta(minutes=self.buffer_before), timedelta(minutes=self.buffer_after))
