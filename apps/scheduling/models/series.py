"""Appointments that repeat: the rule that they came from."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider
from apps.core.models import ClinicModel
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling.models.appointment_type import AppointmentType

MOST_TIMES = 60
MOST_BETWEEN = {"day": 90, "week": 26, "month": 12, "month_weekday": 12}


class Unit(models.TextChoices):
    """What is counted between two visits. Months go by the day (the 15th) or by the weekday (the second Tuesday)."""

    DAY = "day", _("days")
    WEEK = "week", _("weeks")
    MONTH = "month", _("months, on the same date")
    MONTH_WEEKDAY = "month_weekday", _("months, on the same weekday")


class SeriesQuerySet(models.QuerySet["AppointmentSeries"]):
    def of_patient(self, patient: Patient) -> "SeriesQuerySet":
        return self.filter(patient__in=records_of(patient))

    def with_people(self) -> "SeriesQuerySet":
        """With everything that a list shows of each: one query."""
        return self.select_related("patient", "provider", "appointment_type", "created_by")


class AppointmentSeries(ClinicModel):
    """A patient's visits that follow one rule: every two weeks on Tuesday and Friday at 10:00, ten times.

    The rule is kept on the clinic's own clock, so that 10:00 stays 10:00 in summer and winter. The visits are ordinary
    appointments; each may be moved or cancelled by itself. Where "this and following" were changed, the rule says how
    it goes on from there.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointment_series")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="appointment_series")
    appointment_type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="appointment_series")
    every = models.PositiveSmallIntegerField(_("every"), default=1)
    unit = models.CharField(_("unit"), max_length=13, choices=Unit, default=Unit.WEEK)
    # As `date.weekday()` counts. Weeks: on these; days: on none but these; months: none.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    first_day = models.DateField(_("first day"))
    starts = models.TimeField(_("time"))
    times = models.PositiveSmallIntegerField(_("how many times"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("series of appointments")
        verbose_name_plural = _("series of appointments")
        indexes = (
            models.Index(fields=["-created_at"], name="series_newest"),
            models.Index(fields=["patient", "-created_at"], name="series_patient"),
        )
        constraints = (
            models.UniqueConstraint(fields=["id", "patient"], name="series_of_patient"),
            models.CheckConstraint(condition=models.Q(unit__in=Unit.values), name="series_unit"),
            models.CheckConstraint(condition=models.Q(every__range=(1, 90)), name="series_every"),
            models.CheckConstraint(
                condition=models.Q(times__isnull=False, until__isnull=True, times__range=(2, MOST_TIMES))
                | models.Q(times__isnull=True, until__isnull=False, until__gt=models.F("first_day")),
                name="series_ends_somewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]), name="series_weekdays"
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m-%d} {self.starts:%H:%M}"
