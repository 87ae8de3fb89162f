"""What the system admin's console knows of the clinics: figures about how they are, nothing of what is in them."""

from django.db import models

from apps.core.models import ClinicModel
from apps.tenants.models import Clinic


class Pulse(ClinicModel):
    """How a clinic was doing when it was last asked. Counts only; the clinic itself fills it in."""

    clinic = models.OneToOneField(Clinic, on_delete=models.CASCADE, related_name="pulse")
    taken_at = models.DateTimeField()
    failure = models.CharField(
        max_length=200, blank=True, help_text="The class of what kept it from answering; its counts are older then."
    )
    staff = models.PositiveIntegerField(default=0)
    appointments_today = models.PositiveIntegerField(default=0)
    waiting_messages = models.PositiveIntegerField(default=0, help_text="Outbox messages due and not delivered.")
    failed_messages = models.PositiveIntegerField(default=0, help_text="Outbox messages given up.")
    books_checked_at = models.DateTimeField(null=True, help_text="When the clinic's books were last proved.")
    books_wrong = models.PositiveBigIntegerField(default=0, help_text="How many things that check found wrong.")
    last_activity_at = models.DateTimeField(null=True)
    missing_migrations = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
