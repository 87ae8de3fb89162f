"""What whoever meets the patient should know at once (FHIR Flag)."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.sealed import SealedCharField
from apps.patients.models.record import EntryQuerySet, Kind, RecordEntry


class FlagCode(models.TextChoices):
    FALL_RISK = "fall_risk", _("Fall risk")
    INTERPRETER = "interpreter", _("Needs an interpreter")
    HEARING = "hearing", _("Hearing impaired")
    SIGHT = "sight", _("Sight impaired")
    MOBILITY = "mobility", _("Needs help to walk")
    INFECTION = "infection", _("Infection risk")
    CONFUSION = "confusion", _("Confused or forgetful")
    SAFETY = "safety", _("Staff safety")
    OTHER = "other", _("Other")


class FlagTone(models.TextChoices):
    RED = "red", _("Red: danger")
    AMBER = "amber", _("Amber: take care")
    BLUE = "blue", _("Blue: good to know")


class Audience(models.TextChoices):
    EVERYBODY = "everybody", _("Everybody who meets the patient, the desk too")
    CLINICAL = "clinical", _("Providers and nurses only")


class FlagStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Ended")


class PatientFlagQuerySet(EntryQuerySet):
    def on(self, day: date) -> "PatientFlagQuerySet":
        """Those that hold on this day of the clinic."""
        begun = models.Q(since__isnull=True) | models.Q(since__lte=day)
        return self.current().filter(begun, models.Q(until__isnull=True) | models.Q(until__gte=day))


class PatientFlag(RecordEntry):
    """A flag on the chart. Its period is in days, both included."""

    kind = Kind.FLAG
    CURRENT = (FlagStatus.ACTIVE,)
    ENDED = FlagStatus.INACTIVE
    DETAILS = ("code", "text", "tone", "audience", "since", "until", "status")
    SINCE, UNTIL = "since", "until"

    code = models.CharField(_("flag"), max_length=12, choices=FlagCode)
    text = SealedCharField(
        _("words"),
        max_length=120,
        blank=True,
        help_text=_("What exactly; needed for a flag of another kind."),
        field_id="patients.patientflag.text",
    )
    tone = models.CharField(_("tone"), max_length=5, choices=FlagTone, default=FlagTone.AMBER)
    audience = models.CharField(_("shown to"), max_length=9, choices=Audience, default=Audience.EVERYBODY)
    since = models.DateField(_("from"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=FlagStatus, default=FlagStatus.ACTIVE)

    objects: ClassVar[Any] = PatientFlagQuerySet.as_manager()

    class Meta:
        verbose_name = _("flag")
        verbose_name_plural = _("flags")
        indexes = (models.Index(fields=["patient", "status"], name="flag_of_patient"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(code__in=FlagCode.values), name="flag_code"),
            models.CheckConstraint(condition=models.Q(tone__in=FlagTone.values), name="flag_tone"),
            models.CheckConstraint(condition=models.Q(audience__in=Audience.values), name="flag_audience"),
            models.CheckConstraint(condition=models.Q(status__in=FlagStatus.values), name="flag_status"),
            models.CheckConstraint(
                condition=models.Q(since__isnull=True)
                | models.Q(until__isnull=True)
                | models.Q(until__gte=models.F("since")),
                name="flag_period",
            ),
        )

    @property
    def words(self) -> str:
        if self.code == FlagCode.OTHER:
            return str(self.text)
        name = str(self.get_code_display())
        return f"{name}: {self.text}" if self.text else name

    def wrong(self, today: date) -> dict[str, str | Promise]:
        wrong = super().wrong(today)
        if self.code == FlagCode.OTHER and not self.text:
            wrong["text"] = _("Say what the flag is about.")
        return wrong
