"""What a patient must not be given (FHIR AllergyIntolerance), and that they were asked."""

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.core.sealed import SealedCharField, SealedTextField
from apps.patients.models.patient import Patient
from apps.patients.models.record import Kind, RecordEntry, RowsOfPatients, partial_date_field
from apps.patients.partial import is_future


class Category(models.TextChoices):
    MEDICATION = "medication", _("Medication")
    FOOD = "food", _("Food")
    ENVIRONMENT = "environment", _("Environment")
    BIOLOGIC = "biologic", _("Biologic")


class Criticality(models.TextChoices):
    LOW = "low", _("Low")
    HIGH = "high", _("High: may threaten life")
    UNKNOWN = "unable-to-assess", _("Not known")


class Severity(models.TextChoices):
    """Of the reaction that was seen."""

    MILD = "mild", _("Mild")
    MODERATE = "moderate", _("Moderate")
    SEVERE = "severe", _("Severe")


class AllergyStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    REFUTED = "refuted", _("Refuted")


class Verification(models.TextChoices):
    UNCONFIRMED = "unconfirmed", _("As the patient says")
    CONFIRMED = "confirmed", _("Confirmed")


class Allergy(RecordEntry):
    """An allergy or intolerance. "No known allergies" is a statement of its own: AllergyReview."""

    kind = Kind.ALLERGY
    CURRENT = (AllergyStatus.ACTIVE,)
    ENDED = AllergyStatus.INACTIVE
    DETAILS = (
        *("substance", "category", "criticality", "reaction", "severity", "onset"),
        *("status", "verification", "note"),
    )

    substance = SealedCharField(_("substance"), max_length=120, field_id="patients.allergy.substance")
    category = models.CharField(_("category"), max_length=12, choices=Category, default=Category.MEDICATION)
    criticality = models.CharField(_("criticality"), max_length=16, choices=Criticality, default=Criticality.UNKNOWN)
    reaction = SealedCharField(_("reaction"), max_length=200, blank=True, field_id="patients.allergy.reaction")
    severity = models.CharField(_("severity of the reaction"), max_length=8, choices=Severity, blank=True)
    onset = partial_date_field(_("since"), field_id="patients.allergy.onset")
    status = models.CharField(_("status"), max_length=8, choices=AllergyStatus, default=AllergyStatus.ACTIVE)
    verification = models.CharField(
        _("verification"), max_length=11, choices=Verification, default=Verification.UNCONFIRMED
    )
    note = SealedTextField(_("note"), max_length=1000, blank=True, field_id="patients.allergy.note")

    class Meta:
        verbose_name = _("allergy")
        verbose_name_plural = _("allergies")
        indexes = (models.Index(fields=["patient", "status"], name="allergy_of_patient"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(status__in=AllergyStatus.values), name="allergy_status"),
            models.CheckConstraint(condition=models.Q(category__in=Category.values), name="allergy_category"),
            models.CheckConstraint(condition=models.Q(criticality__in=Criticality.values), name="allergy_criticality"),
            models.CheckConstraint(condition=models.Q(severity__in=["", *Severity.values]), name="allergy_severity"),
            models.CheckConstraint(
                condition=models.Q(verification__in=Verification.values), name="allergy_verification"
            ),
        )

    @property
    def is_grave(self) -> bool:
        return self.criticality == Criticality.HIGH or self.severity == Severity.SEVERE

    def wrong(self, today: date) -> dict[str, str | Promise]:
        if is_future(str(self.onset), today):
            return {"onset": _("This lies in the future.")}
        return {}


class AllergyReview(ClinicModel):
    """Somebody asked the patient about allergies. The latest row counts: none known, or no longer true."""

    append_only = True

    class Answer(models.TextChoices):
        NONE_KNOWN = "none_known", _("No known allergies")
        WITHDRAWN = "withdrawn", _("No longer true")

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    answer = models.CharField(max_length=10, choices=Answer)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = RowsOfPatients.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("statement about allergies")
        verbose_name_plural = _("statements about allergies")
        indexes = (models.Index(fields=["patient", "-id"], name="allergy_review_of_patient"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(answer__in=["none_known", "withdrawn"]), name="allergy_review_answer"
            ),
        )

    def __str__(self) -> str:
        return self.answer
