"""Patients who would come earlier, what they wait for, and the times that were offered to them."""

from datetime import datetime
from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Department, Provider
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling.models.appointment import Appointment
from apps.scheduling.models.appointment_type import AppointmentType


class Priority(models.IntegerChoices):
    """Small numbers are offered first; among equals whoever has waited longest."""

    URGENT = 1, _("Urgent")
    SOON = 2, _("Soon")
    ROUTINE = 3, _("Routine")


class Waiting(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    OFFERED = "offered", _("Offered")
    BOOKED = "booked", _("Booked")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


ON_THE_LIST = (Waiting.WAITING, Waiting.OFFERED)


class WaitlistQuerySet(models.QuerySet["WaitlistEntry"]):
    def of_patient(self, patient: Patient) -> Self:
        return self.filter(patient__in=records_of(patient))

    def on_the_list(self) -> Self:
        """Those who still wait, or have been offered a time."""
        return self.filter(status__in=ON_THE_LIST)

    def for_provider(self, provider: Provider) -> Self:
        """Those who would see this provider: named, by department, or anybody."""
        chosen = WaitlistChoice.objects.filter(entry=models.OuterRef("pk"), provider=provider)
        named = models.Q(any_provider=True) | models.Q(models.Exists(chosen))
        if provider.department_id:
            named |= models.Q(department=provider.department_id)
        return self.filter(named)

    def in_line(self) -> Self:
        """Who comes first is first."""
        return self.order_by("priority", "created_at", "id")

    def with_people(self) -> Self:
        rows = self.select_related("patient", "appointment_type", "department", "appointment")
        return rows.prefetch_related("choices__provider")


class WaitlistEntry(ClinicModel):
    """A patient waits for a kind of appointment, with certain providers, a department, or anybody."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="waitlist_entries")
    appointment_type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("department")
    )
    any_provider = models.BooleanField(default=True, help_text=_("Neither providers nor a department were named."))
    earliest_day = models.DateField(_("from day"))
    latest_day = models.DateField(_("to day"))
    from_time = models.TimeField(_("not before"), null=True, blank=True)
    until_time = models.TimeField(_("before"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.ROUTINE)
    note = SealedTextField(_("note"), max_length=500, blank=True, field_id="scheduling.waitlistentry.note")
    status = models.CharField(max_length=9, choices=Waiting, default=Waiting.WAITING)
    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, null=True, related_name="waitlist_entry")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = WaitlistQuerySet.as_manager()

    class Meta:
        ordering = ("priority", "created_at", "id")
        verbose_name = _("waitlist entry")
        verbose_name_plural = _("waitlist")
        indexes = (
            models.Index(
                fields=["priority", "created_at", "id"],
                condition=models.Q(status="waiting"),
                name="waitlist_in_line",
            ),
            models.Index(fields=["status", "priority", "created_at"], name="waitlist_listed"),
            models.Index(fields=["patient", "-created_at"], name="waitlist_of_patient"),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(status__in=Waiting.values), name="waitlist_status"),
            models.CheckConstraint(condition=models.Q(priority__in=Priority.values), name="waitlist_priority"),
            models.CheckConstraint(condition=models.Q(latest_day__gte=models.F("earliest_day")), name="waitlist_days"),
            models.CheckConstraint(
                condition=models.Q(from_time__isnull=True)
                | models.Q(until_time__isnull=True)
                | models.Q(until_time__gt=models.F("from_time")),
                name="waitlist_times",
            ),
            models.CheckConstraint(
                condition=models.Q(status="booked", appointment__isnull=False)
                | ~models.Q(status="booked") & models.Q(appointment__isnull=True),
                name="waitlist_booked",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class WaitlistChoice(ClinicModel):
    """A provider whom a waiting patient would see."""

    entry = models.ForeignKey(WaitlistEntry, on_delete=models.CASCADE, related_name="choices")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["entry", "provider"], name="waitlist_choice_once"),)


class OfferStatus(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Not answered")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class OfferQuerySet(models.QuerySet["WaitlistOffer"]):
    def standing(self, at: datetime | Now) -> Self:
        """Those that hold their time at this moment: open, and not run out, whether or not anybody has noticed."""
        return self.filter(status=OfferStatus.OPEN, expires_at__gt=at)

    def run_out(self, at: datetime) -> Self:
        return self.filter(status=OfferStatus.OPEN, expires_at__lte=at)

    def over(self, start: datetime, end: datetime) -> Self:
        return self.filter(busy_from__lt=end, busy_until__gt=start)


class WaitlistOffer(ClinicModel):
    """A time, and the rooms that the visit needs, kept for a waiting patient until it is answered or runs out.

    While it stands nobody is booked over it (triggers `offer_guard`, `appointment_offer_guard`, `offer_rooms` and
    `resource_offered`), overrides by a clinic admin excepted. A patient has one open offer at a time.
    """

    entry = models.ForeignKey(WaitlistEntry, on_delete=models.PROTECT, related_name="offers")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    busy_from = models.DateTimeField()
    busy_until = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField(default=1)
    resources: "ArrayField[list[UUID], list[UUID]]" = ArrayField(models.UUIDField(), default=list)
    status = models.CharField(max_length=9, choices=OfferStatus, default=OfferStatus.OPEN)
    expires_at = models.DateTimeField()
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    offered_at = models.DateTimeField()
    freed_by = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, related_name="+", help_text=_("Whose time it was.")
    )
    settled_at = models.DateTimeField(null=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ("-offered_at", "-id")
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        indexes = (
            models.Index(fields=["provider", "busy_from"], condition=models.Q(status="open"), name="offer_open"),
            models.Index(fields=["expires_at"], condition=models.Q(status="open"), name="offer_expires"),
        )
        constraints = (
            models.UniqueConstraint(fields=["entry"], condition=models.Q(status="open"), name="offer_one_open"),
            models.CheckConstraint(condition=models.Q(status__in=OfferStatus.values), name="offer_status"),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="offer_order"),
            models.CheckConstraint(
                condition=models.Q(busy_from__lte=models.F("starts_at"), busy_until__gte=models.F("ends_at")),
                name="offer_busy",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__lte=models.F("starts_at")), name="offer_expires_before"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class WaitlistMove(ClinicModel):
    """One step of an entry. The database lets nobody change or remove it. By nobody: the offer ran out."""

    append_only = True

    entry = models.ForeignKey(WaitlistEntry, on_delete=models.PROTECT, related_name="moves")
    offer = models.ForeignKey(WaitlistOffer, on_delete=models.PROTECT, null=True, related_name="+")
    from_status = models.CharField(max_length=9, choices=Waiting, blank=True)
    to_status = models.CharField(max_length=9, choices=Waiting)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = SealedTextField(max_length=500, blank=True, field_id="scheduling.waitlistmove.reason")

    class Meta:
        ordering = ("id",)
