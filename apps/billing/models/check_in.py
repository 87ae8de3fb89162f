"""What is asked for at check-in, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.payment import Payment
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.scheduling.models import Appointment, AppointmentType


class Copay(ClinicModel):
    """What the desk asks for when a patient comes for this. Without one it asks for the visit's fee."""

    appointment_type = models.OneToOneField(AppointmentType, models.PROTECT, related_name="copay")
    amount = MoneyField(_("asked for at check-in"))

    class Meta:
        verbose_name = _("copay")
        verbose_name_plural = _("copays")
        constraints = (models.CheckConstraint(condition=Q(amount__gte=0), name="copay_not_negative"),)

    def __str__(self) -> str:
        return str(self.amount)


class WhyUnpaid(models.TextChoices):
    PAYS_AFTER = "pays_after", _("Pays after the visit")
    INSURER = "insurer", _("The insurer pays all of it")
    FORGOT = "forgot", _("Has no means of payment with them")
    CANNOT = "cannot", _("Cannot pay now")
    DISPUTES = "disputes", _("Disputes the amount")
    EMERGENCY = "emergency", _("Emergency: no time for it")
    OTHER = "other", _("Something else")


class CheckIn(ClinicModel):
    """How a patient was checked in: what was due, and the payment, or the reason why there was none."""

    append_only = True

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="check_ins")
    due = MoneyField(_("due"))
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="check_ins")
    unpaid_because = models.CharField(_("why nothing was taken"), max_length=12, choices=WhyUnpaid, blank=True)
    words = SealedTextField(_("in words"), max_length=300, blank=True, field_id="billing.checkin.words")
    source_reference = models.CharField(max_length=80, blank=True, default="", editable=False)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["-at"], name="check_in_unpaid", condition=~Q(unpaid_because="")),)
        constraints = (
            models.UniqueConstraint(
                fields=["source_reference"], name="one_check_in_of_a_source", condition=~Q(source_reference="")
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, unpaid_because="")
                | Q(payment__isnull=True) & (~Q(unpaid_because="") | Q(due=0)),
                name="check_in_paid_or_said_why",
            ),
            models.CheckConstraint(condition=Q(unpaid_because__in=["", *WhyUnpaid.values]), name="check_in_why_unpaid"),
            models.CheckConstraint(condition=Q(due__gte=0), name="check_in_due_not_negative"),
        )

    def __str__(self) -> str:
        return str(self.due)
