"""When a provider sees patients: every week, on single occasions, and when not."""

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider, Room, Site
from apps.core.models import ClinicModel


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class WeeklyHoursQuerySet(models.QuerySet["WeeklyHours"]):
    def effective(self, first_day: date, last_day: date) -> "WeeklyHoursQuerySet":
        """Those that hold on any of these days."""
        open_end = models.Q(effective_until=None) | models.Q(effective_until__gte=first_day)
        return self.filter(open_end, effective_from__lte=last_day)


class WeeklyHours(ClinicModel):
    """A session that repeats every week, on the clinic's own clock, so that 10:00 stays 10:00 in summer."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="weekly_hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"), help_text=_("00:00 is midnight at the end of the day."))
    capacity = models.PositiveSmallIntegerField(
        _("patients at a time"), default=1, help_text=_("More than one: group sessions, vaccinations.")
    )
    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    effective_from = models.DateField(_("from day"))
    effective_until = models.DateField(_("to day"), null=True, blank=True, help_text=_("The last day, included."))

    objects = WeeklyHoursQuerySet.as_manager()

    class Meta:
        ordering = ("weekday", "starts")
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        indexes = (models.Index(fields=["provider", "effective_from"], name="weekly_hours_provider"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="weekly_hours_weekday"),
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")) | models.Q(ends="00:00"), name="weekly_hours_order"
            ),
            models.CheckConstraint(condition=models.Q(capacity__range=(1, 50)), name="weekly_hours_capacity"),
            models.CheckConstraint(
                condition=models.Q(effective_until=None) | models.Q(effective_until__gte=models.F("effective_from")),
                name="weekly_hours_effective",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class WeeklyBreak(ClinicModel):
    """A pause inside weekly hours: lunch, ward round."""

    hours = models.ForeignKey(WeeklyHours, on_delete=models.CASCADE, related_name="breaks")
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    label = models.CharField(_("what for"), max_length=40, blank=True)

    class Meta:
        ordering = ("starts",)
        verbose_name = _("break")
        verbose_name_plural = _("breaks")
        constraints = (
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="weekly_break_order"),
        )

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}–{self.ends:%H:%M}"


class OneOffOpening(ClinicModel):
    """An extra session outside the weekly hours. Withdrawn ones stay as history."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="one_off_openings")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    capacity = models.PositiveSmallIntegerField(_("patients at a time"), default=1)
    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("starts_at",)
        verbose_name = _("one-off opening")
        verbose_name_plural = _("one-off openings")
        indexes = (models.Index(fields=["provider", "starts_at"], name="one_off_provider"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="one_off_order"),
            models.CheckConstraint(condition=models.Q(capacity__range=(1, 50)), name="one_off_capacity"),
        )

    def __str__(self) -> str:
        return f"{self.provider}: {self.starts_at:%Y-%m-%d %H:%M}"


class TimeOff(ClinicModel):
    """Leave of a provider, or a day on which the whole clinic is closed (no provider named)."""

    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="time_off", verbose_name=_("provider")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, help_text=_("Shown on the day sheet."))
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("starts_at",)
        verbose_name = _("leave")
        verbose_name_plural = _("leave")
        indexes = (models.Index(fields=["starts_at"], name="time_off_start"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="time_off_order"),
        )

    def __str__(self) -> str:
        return f"{self.provider or _('Whole clinic')}: {self.starts_at:%Y-%m-%d}"
