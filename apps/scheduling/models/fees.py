"""What a visit costs with a certain provider, and what was asked for one that did not take place."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.scheduling.models.appointment import Appointment
from apps.scheduling.models.appointment_type import AppointmentType
from apps.scheduling.models.transition import AppointmentTransition


class FeeQuerySet(models.QuerySet["Fee"]):
    def on(self, day: object) -> "FeeQuerySet":
        """Those that hold on this day."""
        open_end = models.Q(effective_until=None) | models.Q(effective_until__gte=day)
        return self.filter(open_end, effective_from__lte=day)


class Fee(ClinicModel):
    """What a kind of appointment costs with one provider, from a day on. Where there is none, the type's own fee holds.

    Of one provider and type no two hold on the same day: the constraint `one_fee_a_day` (migrations/sql/fees.sql).
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="fees")
    appointment_type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="fees")
    rate = MoneyField(_("fee"))
    facility_rate = models.DecimalField(
        _("facility fee"),
        max_digits=18,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("Empty: as the type has it."),
    )
    effective_from = models.DateField(_("from day"))
    effective_until = models.DateField(_("to day"), null=True, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    objects = FeeQuerySet.as_manager()

    class Meta:
        ordering = ("effective_from",)
        verbose_name = _("fee")
        verbose_name_plural = _("fees")
        indexes = (models.Index(fields=["provider", "appointment_type", "effective_from"], name="fee_of_provider"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(rate__gte=0), name="fee_rate"),
            models.CheckConstraint(
                condition=models.Q(facility_rate=None) | models.Q(facility_rate__gte=0), name="fee_facility_rate"
            ),
            models.CheckConstraint(
                condition=models.Q(effective_until=None) | models.Q(effective_until__gte=models.F("effective_from")),
                name="fee_effective",
            ),
        )

    def __str__(self) -> str:
        return f"{self.rate}"


class MissedFee(ClinicModel):
    """What a cancellation or a no-show cost when it happened, worked out by the rule of its type. Never changed.

    It is charged unless the clinic itself called the appointment off or the fee was waived.
    """

    append_only = True

    class Kind(models.TextChoices):
        CANCELLED = "cancelled", _("Late cancellation")
        NO_SHOW = "no_show", _("No-show")

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="missed_fees")
    move = models.OneToOneField(AppointmentTransition, on_delete=models.PROTECT, related_name="missed_fee")
    kind = models.CharField(max_length=10, choices=Kind)
    amount = MoneyField(_("amount"), help_text=_("Without tax."))
    by_clinic = models.BooleanField(_("called off by the clinic"), default=False)

    class Meta:
        ordering = ("id",)
        verbose_name = _("fee for a missed appointment")
        verbose_name_plural = _("fees for missed appointments")
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="missed_fee_amount"),
            models.CheckConstraint(condition=models.Q(kind__in=["cancelled", "no_show"]), name="missed_fee_kind"),
            models.CheckConstraint(
                condition=models.Q(by_clinic=False) | models.Q(kind="cancelled"), name="missed_fee_by_clinic"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"


class FeeWaiver(ClinicModel):
    """A clinic admin lets a patient off: who, when, why. Never changed."""

    append_only = True

    fee = models.OneToOneField(MissedFee, on_delete=models.PROTECT, related_name="waiver")
    reason = SealedTextField(max_length=500, field_id="scheduling.feewaiver.reason")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")

    def __str__(self) -> str:
        return str(self.fee_id)
