"""Leave that a provider asks for, and every step of it. Only what is approved closes time: then it has its TimeOff."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider
from apps.core.models import ClinicModel
from apps.scheduling.models.hours import TimeOff


class LeaveStatus(models.TextChoices):
    REQUESTED = "requested", _("Asked for")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class LeaveRequest(ClinicModel):
    """A provider would like to be away. What was asked for never changes; the trigger `leave_request_moves` lets it be
    answered once, and withdrawn afterwards."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="leave_requests")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=LeaveStatus, default=LeaveStatus.REQUESTED, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    time_off = models.OneToOneField(TimeOff, on_delete=models.PROTECT, null=True, related_name="request")

    class Meta:
        ordering = ("starts_at", "id")
        verbose_name = _("leave request")
        verbose_name_plural = _("leave requests")
        indexes = (
            models.Index(fields=["provider", "-starts_at"], name="leave_request_provider"),
            models.Index(fields=["starts_at"], name="leave_request_open", condition=models.Q(status="requested")),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="leave_request_order"),
            models.CheckConstraint(
                condition=models.Q(status__in=["requested", "declined"], time_off=None)
                | models.Q(status="approved", time_off__isnull=False)
                | models.Q(status="withdrawn"),
                name="leave_request_closes_time_when_approved",
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider}: {self.starts_at:%Y-%m-%d}"


class LeaveStep(ClinicModel):
    """Asked, approved, declined, withdrawn: who, when, with which word. Never changed."""

    append_only = True

    request = models.ForeignKey(LeaveRequest, on_delete=models.PROTECT, related_name="steps")
    to_status = models.CharField(max_length=10, choices=LeaveStatus)
    words = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        verbose_name = _("step of a leave request")
        verbose_name_plural = _("steps of leave requests")

    def __str__(self) -> str:
        return self.get_to_status_display()
