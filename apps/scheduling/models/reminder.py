"""Reminders of appointments: which a clinic sends, who may be reached how, and what became of each."""

from datetime import time
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling.models.appointment import Appointment
from apps.scheduling.models.appointment_type import AppointmentType

MOST_HOURS = 720


class ReminderChannel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class ReminderRule(ClinicModel):
    """So many hours before an appointment, by this channel. A type with rules of its own follows only those."""

    appointment_type = models.ForeignKey(
        AppointmentType, on_delete=models.CASCADE, null=True, blank=True, related_name="reminder_rules"
    )
    hours_before = models.PositiveSmallIntegerField(_("hours before"))
    channel = models.CharField(_("by"), max_length=5, choices=ReminderChannel)

    class Meta:
        ordering = ("-hours_before", "channel")
        verbose_name = _("rule for reminders")
        verbose_name_plural = _("rules for reminders")
        constraints = (
            models.UniqueConstraint(
                fields=["appointment_type", "hours_before", "channel"],
                name="reminder_rule_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=ReminderChannel.values), name="reminder_rule_channel"
            ),
            models.CheckConstraint(
                condition=models.Q(hours_before__range=(1, MOST_HOURS)), name="reminder_rule_hours_before"
            ),
        )

    def __str__(self) -> str:
        return f"{self.hours_before} h, {self.channel}"


class QuietHours(ClinicModel):
    """When nobody is disturbed, on the clinic's own clock. There is at most one row; without it 21:00 to 08:00."""

    begins = models.TimeField(_("quiet from"), default=time(21))
    ends = models.TimeField(_("until"), default=time(8))
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        constraints = (models.CheckConstraint(condition=models.Q(only=True), name="quiet_hours_only_one"),)

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"


class ContactWishQuerySet(models.QuerySet["ContactWish"]):
    def of_patient(self, patient: Patient) -> Self:
        return self.filter(patient__in=records_of(patient))


class ContactWish(ClinicModel):
    """Whether a patient agreed to be reminded by a channel. The newest row of a patient and channel holds."""

    append_only = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contact_wishes")
    channel = models.CharField(max_length=5, choices=ReminderChannel)
    agreed = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = ContactWishQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["patient", "channel", "-id"], name="contact_wish_newest"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(channel__in=ReminderChannel.values), name="contact_wish_by"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.agreed}"


class ReminderStatus(models.TextChoices):
    OPEN = "open", _("Planned")
    SENT = "sent", _("Sent")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    UNREACHABLE = "unreachable", _("No way to reach")


class WhyNot(models.TextChoices):
    """Why somebody could not be reminded."""

    NO_ADDRESS = "no_address", _("no address")
    NO_CONSENT = "no_consent", _("has not agreed")
    NO_SERVICE = "no_service", _("the clinic sends no text messages yet")


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def open(self) -> Self:
        return self.filter(status=ReminderStatus.OPEN)


class Reminder(ClinicModel):
    """One reminder of one appointment at one time: it moves with it, is withdrawn with it, and goes out once.

    What was sent stays written (trigger `reminder_stays`). Nothing is ever sent once the appointment has begun.
    """

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="reminders")
    channel = models.CharField(max_length=5, choices=ReminderChannel)
    hours_before = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField(help_text="The time of the appointment that it reminds of.")
    due_at = models.DateTimeField()
    status = models.CharField(max_length=11, choices=ReminderStatus, default=ReminderStatus.OPEN)
    why_not = models.CharField(max_length=10, choices=WhyNot, blank=True)
    settled_at = models.DateTimeField(null=True, help_text="When it was sent, withdrawn or given up.")
    message = models.UUIDField(null=True, help_text="The outbox's message.")

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "channel", "id")
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        indexes = (models.Index(fields=["due_at"], condition=models.Q(status="open"), name="reminder_due"),)
        constraints = (
            models.UniqueConstraint(
                fields=["appointment", "channel", "hours_before", "starts_at"], name="reminder_once"
            ),
            models.CheckConstraint(condition=models.Q(status__in=ReminderStatus.values), name="reminder_status"),
            models.CheckConstraint(condition=models.Q(channel__in=ReminderChannel.values), name="reminder_channel"),
            models.CheckConstraint(condition=models.Q(due_at__lt=models.F("starts_at")), name="reminder_before_visit"),
            models.CheckConstraint(
                condition=models.Q(status="open", settled_at__isnull=True)
                | models.Q(settled_at__isnull=False) & ~models.Q(status="open"),
                name="reminder_settled",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sent")
                | models.Q(settled_at__lt=models.F("starts_at"), message__isnull=False),
                name="reminder_sent_before_visit",
            ),
            models.CheckConstraint(
                condition=models.Q(status="unreachable", why_not__in=WhyNot.values)
                | ~models.Q(status="unreachable") & models.Q(why_not=""),
                name="reminder_why_not",
            ),
        )

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M} {self.channel}"
