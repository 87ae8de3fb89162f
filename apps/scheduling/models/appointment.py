"""Appointments, their types, and every move they have made."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, transition

from apps.clinic.models import Colour, Provider
from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.core.spans import WHEN_BUSY, overlapping
from apps.patients.models import Patient
from apps.patients.models.persons import records_of


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


class FeeKind(models.TextChoices):
    """How a fee for a missed appointment is worked out."""

    NONE = "none", _("Nothing")
    FIXED = "fixed", _("A fixed amount")
    PERCENT = "percent", _("A percentage of the visit's fee")


class ChargedWhen(models.TextChoices):
    """When a visit's draft invoice is made. Whichever it is, a visit has one."""

    COMPLETION = "completion", _("When the visit is completed")
    CHECK_IN = "check_in", _("At check-in")


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


class TransitionQuerySet(models.QuerySet["AppointmentTransition"]):
    def touching(self, start: datetime, end: datetime) -> "TransitionQuerySet":
        """Those that put an appointment into this half-open span, keep it there or take it away from there."""
        came, left = _came_and_left(start, end)
        return self.filter(came | left)

    def number_touching(self, start: datetime, end: datetime) -> int:
        """How many. Answered by two indexes alone."""
        came, left = (self.order_by().filter(part) for part in _came_and_left(start, end))
        return came.values("to_starts_at").union(left.values("from_starts_at"), all=True).count()


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
