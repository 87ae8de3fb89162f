"""Every move that an appointment has made."""

from datetime import datetime

from django.conf import settings
from django.db import models

from apps.clinic.models import Provider
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.scheduling.models.appointment import Appointment, Status


class TransitionQuerySet(models.QuerySet["AppointmentTransition"]):
    def touching(self, start: datetime, end: datetime) -> "TransitionQuerySet":
        """Those that put an appointment into this half-open span, keep it there or take it away from there."""
        came, left = _came_and_left(start, end)
        return self.filter(came | left)


def _came_and_left(start: datetime, end: datetime) -> tuple[models.Q, models.Q]:
    elsewhere = models.Q(to_starts_at__lt=start) | models.Q(to_starts_at__gte=end)
    return (
        models.Q(to_starts_at__gte=start, to_starts_at__lt=end),
        models.Q(elsewhere, from_starts_at__gte=start, from_starts_at__lt=end),
    )


class AppointmentTransition(ClinicModel):
    """One move: to another status, or to another time or provider. The database lets nobody change or remove it.

    The first row of an appointment is its booking (`from_status` empty). Where status is the same on both sides, the
    appointment was moved: who moved whom from where to where.
    """

    append_only = True

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=20, choices=Status, blank=True)
    to_status = models.CharField(max_length=20, choices=Status)
    from_provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="+")
    to_provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    from_starts_at = models.DateTimeField(null=True)
    from_ends_at = models.DateTimeField(null=True)
    to_starts_at = models.DateTimeField()
    to_ends_at = models.DateTimeField()
    is_override = models.BooleanField(default=False)
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = SealedTextField(max_length=500, blank=True, field_id="scheduling.appointmenttransition.reason")

    objects = TransitionQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["at"], name="transition_at"),
            models.Index(fields=["to_starts_at"], name="transition_to"),
            models.Index(fields=["from_starts_at", "to_starts_at"], name="transition_from"),
        )

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"

    @property
    def is_move(self) -> bool:
        """Whether time or provider changed (and not the status)."""
        return self.from_status == self.to_status
