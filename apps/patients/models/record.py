"""What the entries of a patient's record have in common: amended and ended, never deleted, and each change stays.

An entry (an allergy, a condition …) holds what is true now and counts its versions; `RecordChange` holds every version
with who, when and why. The triggers of `record.sql` hold whoever writes to that: no version without its row.
"""

from datetime import date
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.core.sealed import SealedCharField, SealedJSONField
from apps.patients.models.patient import Patient
from apps.patients.models.persons import records_of
from apps.patients.partial import is_partial


class RowsOfPatients(models.QuerySet[Any]):
    """Rows that belong to a patient."""

    def of_patient(self, patient: Patient) -> Self:
        """Of the person: on each of their records, where several were merged."""
        return self.filter(patient__in=records_of(patient))


class Kind(models.TextChoices):
    ALLERGY = "allergy", _("Allergy")
    CONDITION = "condition", _("Condition")
    MEDICATION = "medication", _("Medication")
    FLAG = "flag", _("Flag")
    COVERAGE = "coverage", _("Coverage")


class Action(models.TextChoices):
    ENTERED = "entered", _("Entered")
    AMENDED = "amended", _("Amended")
    ENDED = "ended", _("Ended")
    RESUMED = "resumed", _("Active again")
    STRUCK = "struck", _("Entered in error")


class EntryQuerySet(RowsOfPatients):
    def valid(self) -> Self:
        """All but what was entered in error."""
        return self.filter(is_struck=False)

    def current(self) -> Self:
        """What is true now, as far as its status says."""
        return self.valid().filter(status__in=self.model.CURRENT)


class RecordEntry(ClinicModel):
    """One entry of a patient's record."""

    kind: ClassVar[Kind]
    DETAILS: ClassVar[tuple[str, ...]]  # what people fill in; the first says what it is
    CURRENT: ClassVar[tuple[str, ...]]  # statuses of what is true now
    ENDED: ClassVar[str]  # the status that ending gives it
    SINCE: ClassVar[str] = ""  # the fields of its period, if it has one
    UNTIL: ClassVar[str] = ""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+", editable=False)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    entered_at = models.DateTimeField(_("entered"), editable=False)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    changed_at = models.DateTimeField(_("last changed"), editable=False)
    is_struck = models.BooleanField(_("entered in error"), default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        return str(getattr(self, self.DETAILS[0]))

    @property
    def is_current(self) -> bool:
        return not self.is_struck and str(getattr(self, "status")) in self.CURRENT  # noqa: B009 - each kind has its own

    def wrong(self, today: date) -> dict[str, str | Promise]:
        """What does not go together, field by field."""
        since, until = (str(getattr(self, name) or "") if name else "" for name in (self.SINCE, self.UNTIL))
        if since and until and until[: len(since)] < since[: len(until)]:
            return {self.UNTIL: _("The end lies before the beginning.")}
        return {}

    def snapshot(self) -> dict[str, Any]:
        """Its details as they are kept in its history."""
        values = {name: getattr(self, name) for name in self.DETAILS}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


class RecordChange(ClinicModel):
    """One version of an entry: who wrote it, when, why, and all that it said."""

    append_only = True

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    record_id = models.UUIDField()
    version = models.PositiveIntegerField()
    action = models.CharField(_("action"), max_length=8, choices=Action)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = SealedCharField(max_length=300, blank=True, field_id="patients.recordchange.reason")
    snapshot = SealedJSONField(field_id="patients.recordchange.snapshot")

    objects = RowsOfPatients.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        verbose_name = _("change of a record")
        verbose_name_plural = _("changes of records")
        indexes = (models.Index(fields=["patient", "-at", "-id"], name="record_change_of_patient"),)
        constraints = (
            models.UniqueConstraint(fields=["record_id", "version"], name="record_change_once"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="record_change_kind"),
            models.CheckConstraint(condition=models.Q(action__in=Action.values), name="record_change_action"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


def partial_date(value: str) -> None:
    """A validator: a year, a month of a year, or a day (FHIR dateTime)."""
    if value and not is_partial(value):
        raise ValidationError(_("Write a year, a month and year, or a day."))


def partial_date_field(label: str | Promise, *, field_id: str) -> SealedCharField:
    """A column for a date as patients remember it."""
    return SealedCharField(label, max_length=10, blank=True, validators=[partial_date], field_id=field_id)
