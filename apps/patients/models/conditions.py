"""What a patient lives with (FHIR Condition) and what they take (FHIR MedicationStatement)."""

from datetime import date

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.sealed import SealedCharField, SealedTextField
from apps.patients.models.record import Kind, RecordEntry, partial_date_field
from apps.patients.partial import is_future


class ConditionStatus(models.TextChoices):
    """FHIR condition-clinical."""

    ACTIVE = "active", _("Active")
    RELAPSE = "relapse", _("Relapse")
    REMISSION = "remission", _("In remission")
    INACTIVE = "inactive", _("Inactive")
    RESOLVED = "resolved", _("Resolved")


class CodeSystem(models.TextChoices):
    ICD_10 = "icd-10", "ICD-10"
    ICD_10_CM = "icd-10-cm", "ICD-10-CM"
    SNOMED = "snomed", "SNOMED CT"


class Condition(RecordEntry):
    """A chronic condition or diagnosis."""

    kind = Kind.CONDITION
    CURRENT = (ConditionStatus.ACTIVE, ConditionStatus.RELAPSE, ConditionStatus.REMISSION)
    ENDED = ConditionStatus.RESOLVED
    DETAILS = ("name", "code_system", "code", "onset", "abatement", "status", "note")
    SINCE, UNTIL = "onset", "abatement"

    name = SealedCharField(_("condition"), max_length=200, field_id="patients.condition.name")
    code_system = SealedCharField(
        _("code system"), max_length=10, choices=CodeSystem, blank=True, field_id="patients.condition.code_system"
    )
    code = SealedCharField(_("code"), max_length=20, blank=True, field_id="patients.condition.code")
    onset = partial_date_field(_("since"), field_id="patients.condition.onset")
    abatement = partial_date_field(_("until"), field_id="patients.condition.abatement")
    status = models.CharField(_("status"), max_length=9, choices=ConditionStatus, default=ConditionStatus.ACTIVE)
    note = SealedTextField(_("note"), max_length=1000, blank=True, field_id="patients.condition.note")

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        indexes = (models.Index(fields=["patient", "status"], name="condition_of_patient"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(status__in=ConditionStatus.values), name="condition_status"),
        )

    def wrong(self, today: date) -> dict[str, str | Promise]:
        wrong = super().wrong(today)
        if bool(self.code) != bool(self.code_system):
            wrong["code" if self.code_system else "code_system"] = _("A code and its system go together.")
        for name in ("onset", "abatement"):
            if is_future(str(getattr(self, name)), today):
                wrong[name] = _("This lies in the future.")
        if self.abatement and self.is_current:
            wrong["abatement"] = _("It has no end while it is active.")
        return wrong


class MedicationStatus(models.TextChoices):
    ACTIVE = "active", _("Taken")
    ON_HOLD = "on-hold", _("On hold")
    STOPPED = "stopped", _("Stopped")
    COMPLETED = "completed", _("Completed")


class Medication(RecordEntry):
    """A medicine that the patient takes, whoever has prescribed it."""

    kind = Kind.MEDICATION
    CURRENT = (MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD)
    ENDED = MedicationStatus.STOPPED
    DETAILS = ("name", "dose", "reason", "since", "until", "status", "note")
    SINCE, UNTIL = "since", "until"

    name = SealedCharField(_("medicine"), max_length=200, field_id="patients.medication.name")
    dose = SealedCharField(
        _("dose"),
        max_length=200,
        blank=True,
        help_text=_("As it is taken: 500 mg twice a day after meals."),
        field_id="patients.medication.dose",
    )
    reason = SealedCharField(_("taken for"), max_length=200, blank=True, field_id="patients.medication.reason")
    since = partial_date_field(_("since"), field_id="patients.medication.since")
    until = partial_date_field(_("until"), field_id="patients.medication.until")
    status = models.CharField(_("status"), max_length=9, choices=MedicationStatus, default=MedicationStatus.ACTIVE)
    note = SealedTextField(_("note"), max_length=1000, blank=True, field_id="patients.medication.note")

    class Meta:
        verbose_name = _("medication")
        verbose_name_plural = _("medication")
        indexes = (models.Index(fields=["patient", "status"], name="medication_of_patient"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(status__in=MedicationStatus.values), name="medication_status"),
        )
