"""Appointments: a patient's time with a provider, and the moves it can make."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, transition

from apps.clinic.models import Provider
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.core.spans import WHEN_BUSY, overlapping
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling.models.appointment_type import AppointmentType, Measure


class Status(models.TextChoices):
    """FR-S02. The moves between them: `Appointment.mark_…`, and the trigger `appointment_moves` for everybody else."""

    REQUESTED = "requested", _("Requested")
    SCHEDULED = "scheduled", _("Scheduled")
    ARRIVED = "arrived", _("Arrived")
    IN_SESSION = "in_session", _("In session")
    COMPLETED = "completed", _("Completed")
    NO_SHOW = "no_show", _("No-show")
    CANCELLED = "cancelled", _("Cancelled")


class Channel(models.TextChoices):
    """How the wish to be seen reached the clinic."""

    DESK = "desk", _("At the desk")
    PHONE = "phone", _("By phone")
    WALK_IN = "walk_in", _("Walk-in")
    ONLINE = "online", _("Online")


# These hold their place in the provider's time. A completed visit did take place: nobody is booked over it afterwards.
ACTIVE = (Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION, Status.COMPLETED)
MOVABLE = (Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED)


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def active(self) -> "AppointmentQuerySet":
        """Those that hold their place in the provider's time."""
        return self.filter(status__in=ACTIVE)

    def between(self, start: datetime, end: datetime) -> "AppointmentQuerySet":
        """Those that take place, at least partly, in this half-open span (without buffers)."""
        return overlapping(self, start, end).filter(starts_at__lt=end, ends_at__gt=start)

    def starting(self, start: datetime, end: datetime) -> "AppointmentQuerySet":
        """Those that begin in this half-open span: each appointment belongs to one day."""
        return self.filter(starts_at__gte=start, starts_at__lt=end)

    def busy_between(self, start: datetime, end: datetime) -> "AppointmentQuerySet":
        """Those that take up time of the provider in this span, buffers included."""
        return overlapping(self.active(), start, end).filter(busy_from__lt=end, busy_until__gt=start)

    def of_provider(self, provider: Provider) -> "AppointmentQuerySet":
        return self.filter(provider=provider)

    def of_patient(self, patient: Patient | UUID) -> "AppointmentQuerySet":
        """Of the person: on each of their records, where several were merged."""
        return self.filter(patient__in=records_of(patient))

    def with_place_in_series(self) -> "AppointmentQuerySet":
        """With `series_place` and `series_size`, as in "3 of 10": cancelled ones are not counted."""
        stand = Appointment.objects.filter(series=OuterRef("series")).exclude(status=Status.CANCELLED)
        size = stand.order_by().values("series").annotate(n=models.Count("pk")).values("n")
        place = stand.filter(starts_at__lte=OuterRef("starts_at")).order_by().values("series")
        return self.annotate(
            series_size=Subquery(size), series_place=Subquery(place.annotate(n=models.Count("pk")).values("n"))
        )

    def with_people(self) -> "AppointmentQuerySet":
        """With everything that a list shows of each: one query."""
        return self.select_related("patient", "provider", "appointment_type")


class Appointment(ClinicModel):
    """A patient's time with a provider.

    No two active ones of a provider overlap, buffers included, beyond the capacity that was open when they were
    booked, unless a clinic admin overrode it with a reason (FR-S01). Whoever writes, by whatever means, is held to
    that by the trigger `appointment_guard`; the exclusion constraint `appointment_lane` keeps each lane single-file.
    """

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="appointments")
    appointment_type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    buffer_before = models.PositiveSmallIntegerField(default=0)
    buffer_after = models.PositiveSmallIntegerField(default=0)
    # With buffers; the trigger works them out from the four above, whatever is written here.
    busy_from = models.DateTimeField(editable=False)
    busy_until = models.DateTimeField(editable=False)
    lane = models.PositiveSmallIntegerField(default=0, editable=False)
    capacity = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text=_("How many patients at a time were allowed when this was booked.")
    )
    status = FSMField(choices=Status, default=Status.SCHEDULED, protected=True)
    series = models.ForeignKey(
        "scheduling.AppointmentSeries",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        db_index=False,  # `appointment_series` serves
        related_name="appointments",
    )
    reason = SealedTextField(
        _("reason for the visit"), max_length=500, blank=True, field_id="scheduling.appointment.reason"
    )
    notes = SealedTextField(_("notes"), max_length=2000, blank=True, field_id="scheduling.appointment.notes")
    channel = models.CharField(_("booked"), max_length=10, choices=Channel, default=Channel.DESK)
    # Both of the same patient: the composite foreign keys in migrations/sql/links.sql.
    follow_up_for = models.ForeignKey(
        "self", verbose_name=_("follow-up of"), on_delete=models.PROTECT, null=True, related_name="follow_ups"
    )
    reschedule_of = models.OneToOneField(
        "self", verbose_name=_("instead of"), on_delete=models.PROTECT, null=True, related_name="rescheduled_as"
    )
    form_key = models.UUIDField(
        null=True, editable=False, help_text=_("Of the form that booked it: the same form books once.")
    )
    is_override = models.BooleanField(default=False, editable=False)
    override_reason = SealedTextField(
        max_length=500, blank=True, editable=False, field_id="scheduling.appointment.override_reason"
    )
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+")
    booked_at = models.DateTimeField(editable=False)
    arrived_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "lane", "id")
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        indexes = (
            models.Index(fields=["starts_at"], name="appointment_starts"),
            GistIndex(WHEN_BUSY, name="appointment_busy"),
            models.Index(fields=["provider", "starts_at"], name="appointment_provider_starts"),
            models.Index(fields=["patient", "-starts_at"], name="appointment_patient_starts"),
            models.Index(
                fields=["series", "starts_at"], condition=models.Q(series__isnull=False), name="appointment_series"
            ),
            # How long sessions lately took: the waiting room's estimate.
            models.Index(
                fields=["provider", "appointment_type", "-completed_at"],
                name="appointment_sessions",
                condition=models.Q(status="completed"),
            ),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="appointment_order"),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="appointment_status"),
            models.CheckConstraint(condition=models.Q(capacity__range=(1, 50)), name="appointment_capacity"),
            models.CheckConstraint(
                condition=models.Q(buffer_before__lte=240, buffer_after__lte=240), name="appointment_buffers"
            ),
            models.CheckConstraint(condition=models.Q(channel__in=Channel.values), name="appointment_channel"),
            models.CheckConstraint(
                condition=~models.Q(follow_up_for=models.F("id")) & ~models.Q(reschedule_of=models.F("id")),
                name="appointment_not_its_own_past",
            ),
            models.UniqueConstraint(fields=["id", "patient"], name="appointment_of_patient"),
            models.UniqueConstraint(fields=["booked_by", "form_key", "provider"], name="appointment_form_once"),
            models.CheckConstraint(
                condition=models.Q(is_override=False) | models.Q(overridden_by__isnull=False),
                name="appointment_override_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return self.number

    def clean_fields(self, exclude: Any = None) -> None:
        """Forms never check or set the status: assigning a protected FSM field raises."""
        super().clean_fields(exclude=[*(exclude or ()), "status"])

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """A protected field refuses to be set twice; django-fsm's own way round it lifts that for all threads."""
        if fields is None:
            loaded = self.get_deferred_fields()
            fields = [field.attname for field in self._meta.concrete_fields if field.attname not in loaded]
            self.__dict__.pop("_prefetched_objects_cache", None)
        held = self.__dict__.pop("status", None) if "status" in fields else None
        try:
            super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        finally:
            if held is not None:
                self.__dict__.setdefault("status", held)

    @property
    def is_active(self) -> bool:
        """Whether it holds its place in the provider's time."""
        return self.status in ACTIVE

    @property
    def is_movable(self) -> bool:
        return self.status in MOVABLE

    @property
    def duration(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def measure(self) -> Measure:
        """What it takes, as long as it has become."""
        return Measure(self.duration, self.starts_at - self.busy_from, self.busy_until - self.ends_at)

    def belongs_to(self, user_id: UUID) -> bool:
        """Whether this is the visit's own provider. Ask with the provider loaded."""
        return self.provider.user_id == user_id

    @transition(field=status, source=Status.REQUESTED, target=Status.SCHEDULED)
    def mark_scheduled(self) -> None: ...

    @transition(field=status, source=Status.SCHEDULED, target=Status.ARRIVED)
    def mark_arrived(self, at: datetime) -> None:
        self.arrived_at = at

    @transition(field=status, source=Status.ARRIVED, target=Status.IN_SESSION)
    def mark_in_session(self, at: datetime) -> None:
        self.started_at = at

    @transition(field=status, source=Status.IN_SESSION, target=Status.COMPLETED)
    def mark_completed(self, at: datetime) -> None:
        self.completed_at = at

    @transition(field=status, source=Status.SCHEDULED, target=Status.NO_SHOW)
    def mark_no_show(self) -> None: ...

    @transition(field=status, source=[Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED], target=Status.CANCELLED)
    def mark_cancelled(self) -> None: ...

    @transition(
        field=status,
        source=[Status.ARRIVED, Status.IN_SESSION, Status.NO_SHOW, Status.CANCELLED],
        target=RETURN_VALUE(Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED),
    )
    def mark_taken_back(self, to: str) -> str:
        """Back to where it was before the last move. The database asks for that move's row, and for the row that
        undoes it.
        """
        if to == Status.SCHEDULED:
            self.arrived_at = None
        self.started_at = None
        return to
