"""A place that somebody has in hand while a booking form is open, and the wish to be booked over another."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling.models.appointment import Appointment, Channel
from apps.scheduling.models.appointment_type import AppointmentType


class HoldQuerySet(models.QuerySet["Hold"]):
    def standing(self, at: datetime | Now) -> "HoldQuerySet":
        """Those that have not run out."""
        return self.filter(expires_at__gt=at)

    def of_others(self, user_id: UUID) -> "HoldQuerySet":
        """What others have in hand: nobody is in their own way."""
        return self.exclude(by=user_id)

    def busy_between(self, start: datetime, end: datetime) -> "HoldQuerySet":
        """Those that touch this span, buffers included."""
        return self.filter(busy_from__lt=end, busy_until__gt=start)


class Hold(ClinicModel):
    """A provider's time, and rooms, kept for a person while their booking form is open. Runs out by itself."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="holds")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    form_key = models.UUIDField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    busy_from = models.DateTimeField()
    busy_until = models.DateTimeField()
    resources: "ArrayField[list[UUID], list[UUID]]" = ArrayField(models.UUIDField(), default=list)
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        indexes = (models.Index(fields=["expires_at"], name="hold_expires"),)
        constraints = (
            models.UniqueConstraint(fields=["by", "form_key"], name="hold_once_per_form"),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="hold_order"),
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("taken_at")), name="hold_lasts"),
        )

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.starts_at:%Y-%m-%d %H:%M}"


class OverrideRequestQuerySet(models.QuerySet["OverrideRequest"]):
    def open(self, at: datetime) -> "OverrideRequestQuerySet":
        """Those that wait for an answer, and whose time has not passed."""
        return self.filter(state=OverrideRequest.State.OPEN, ends_at__gt=at)

    def with_people(self) -> "OverrideRequestQuerySet":
        """With everything that a list shows of each."""
        return self.select_related(
            "patient", "provider", "appointment_type", "requested_by", "answered_by", "appointment"
        )

    def of_patient(self, patient: Patient) -> "OverrideRequestQuerySet":
        return self.filter(patient__in=records_of(patient))


class OverrideRequest(ClinicModel):
    """FR-S01: the desk may not book over another appointment; it asks a clinic admin for one concrete wish."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="override_requests")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="override_requests")
    appointment_type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    channel = models.CharField(_("booked"), max_length=10, choices=Channel, default=Channel.DESK)
    resources: "ArrayField[list[UUID], list[UUID]]" = ArrayField(
        models.UUIDField(), default=list, help_text="Rooms and equipment that were asked for by name."
    )
    follow_up_for = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="+")
    reschedule_of = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, related_name="+")
    why = SealedTextField(_("why all the same"), max_length=500, field_id="scheduling.overriderequest.why")
    visit_reason = SealedTextField(
        _("reason for the visit"), max_length=500, blank=True, field_id="scheduling.overriderequest.visit_reason"
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = SealedTextField(max_length=500, blank=True, field_id="scheduling.overriderequest.answer")
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, null=True, related_name="override_request"
    )

    objects = OverrideRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-requested_at", "-id")
        verbose_name = _("override request")
        verbose_name_plural = _("override requests")
        indexes = (
            models.Index(fields=["-requested_at"], name="override_request_at"),
            models.Index(fields=["state", "ends_at"], name="override_request_open"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "approved", "declined", "withdrawn"]),
                name="override_request_state",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="override_request_order"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", answered_by__isnull=True, answered_at__isnull=True)
                | (~models.Q(state="open") & models.Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="override_request_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(state="approved", appointment__isnull=False)
                | (~models.Q(state="approved") & models.Q(appointment__isnull=True)),
                name="override_request_books_when_approved",
            ),
            models.UniqueConstraint(
                fields=["patient", "provider", "starts_at"],
                condition=models.Q(state="open"),
                name="override_request_asked_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.starts_at:%Y-%m-%d %H:%M}"

    def has_expired(self, at: datetime) -> bool:
        """Whether nobody answered before the time had passed."""
        return self.state == self.State.OPEN and self.ends_at <= at
