"""Rooms and equipment that one patient uses at a time, what each kind of appointment needs, and blocked time."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider
from apps.core.models import ClinicModel
from apps.core.spans import WHEN_BUSY, overlapping
from apps.scheduling.models.appointment import Appointment
from apps.scheduling.models.appointment_type import AppointmentType


class Sort(models.TextChoices):
    ROOM = "room", _("Room")
    EQUIPMENT = "equipment", _("Equipment")


class Resource(ClinicModel):
    """A room or a piece of equipment that is booked with the provider. Those of one kind stand in for each other."""

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(
        _("kind"), max_length=80, help_text=_("Those of one kind stand in for each other: Ultrasound, Treatment room.")
    )
    sort = models.CharField(_("room or equipment"), max_length=10, choices=Sort, default=Sort.ROOM)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("kind", "name", "id")
        verbose_name = _("room or equipment")
        verbose_name_plural = _("rooms and equipment")
        constraints = (
            models.UniqueConstraint(Lower("name"), name="resource_name_once"),
            models.CheckConstraint(condition=models.Q(sort__in=Sort.values), name="resource_sort"),
        )

    def __str__(self) -> str:
        return self.name


class Need(ClinicModel):
    """A kind of appointment needs one of a kind of room or equipment; or takes one if it is free."""

    appointment_type = models.ForeignKey(AppointmentType, on_delete=models.CASCADE, related_name="needs")
    kind = models.CharField(_("kind"), max_length=80)
    is_required = models.BooleanField(_("not without it"), default=True)

    class Meta:
        ordering = ("kind",)
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        constraints = (models.UniqueConstraint(fields=["appointment_type", "kind"], name="need_once"),)

    def __str__(self) -> str:
        return self.kind


class ResourceUseQuerySet(models.QuerySet["ResourceUse"]):
    def busy_between(self, start: datetime, end: datetime) -> "ResourceUseQuerySet":
        """Those that take the resource in this half-open span, the visit's buffers included."""
        rows = overlapping(self.filter(is_active=True), start, end)
        return rows.filter(busy_from__lt=end, busy_until__gt=start)


class ResourceUse(ClinicModel):
    """An appointment has a room or a piece of equipment for its whole time, buffers included.

    Time and state follow the appointment, whoever writes what (trigger `resource_follows`). No two active uses of a
    resource overlap unless a clinic admin overrode it (trigger `resource_guard`, exclusion `resource_single_file`).
    """

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="uses")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="uses")
    busy_from = models.DateTimeField(editable=False)
    busy_until = models.DateTimeField(editable=False)
    is_active = models.BooleanField(default=True, editable=False)
    is_override = models.BooleanField(default=False, editable=False)

    objects = ResourceUseQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of a resource")
        verbose_name_plural = _("uses of resources")
        constraints = (models.UniqueConstraint(fields=["appointment", "resource"], name="resource_use_once"),)
        indexes = (
            models.Index(fields=["resource", "busy_from"], name="resource_use_span"),
            GistIndex(WHEN_BUSY, name="resource_use_busy"),
        )

    def __str__(self) -> str:
        return f"{self.resource_id}: {self.busy_from:%Y-%m-%d %H:%M}"


class BlockQuerySet(models.QuerySet["Block"]):
    def between(self, start: datetime, end: datetime) -> "BlockQuerySet":
        """Those that hold in this half-open span."""
        return self.filter(lifted_at=None, starts_at__lt=end, ends_at__gt=start)


class Block(ClinicModel):
    """Time of a provider, a room or equipment in which nobody is booked: a meeting, cleaning. Not leave: the provider
    is here. Lifted ones stay as history."""

    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="blocks", verbose_name=_("provider")
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, null=True, blank=True, related_name="blocks", verbose_name=_("resource")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, help_text=_("Shown on the day sheet."))
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "id")
        verbose_name = _("blocked time")
        verbose_name_plural = _("blocked time")
        indexes = (models.Index(fields=["ends_at"], name="block_ends"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="block_order"),
            models.CheckConstraint(
                condition=models.Q(provider__isnull=False, resource__isnull=True)
                | models.Q(provider__isnull=True, resource__isnull=False),
                name="block_of_one",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="block_has_a_reason"),
        )

    def __str__(self) -> str:
        return f"{self.provider or self.resource}: {self.reason}"
