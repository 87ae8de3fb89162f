"""Two records that turned out to be one person, and how that is undone. Written once, never changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.core.sealed import SealedCharField, SealedJSONField
from apps.patients.models.patient import Patient
from apps.patients.models.persons import records_of


class PatientMergeQuerySet(models.QuerySet["PatientMerge"]):
    def standing(self) -> "PatientMergeQuerySet":
        """Those that nobody has undone."""
        return self.filter(separation__isnull=True)

    def of_person(self, record: Patient) -> "PatientMergeQuerySet":
        """All that concern any record of this person, those undone included, with who undid them."""
        records = records_of(record)
        theirs = self.filter(models.Q(survivor__in=records) | models.Q(duplicate__in=records))
        return theirs.select_related("survivor", "duplicate", "separation__separated_by").order_by("merged_at", "pk")


class PatientMerge(ClinicModel):
    """One record became part of another. Nothing of what hangs on either moves: who reads asks for the whole person.

    `Patient.merged_into` always names the record that is used now; this row names the one that was chosen then, so
    that a chain (A into B, B into C) can be undone link by link.
    """

    append_only = True

    survivor = models.ForeignKey(Patient, models.PROTECT, related_name="merges", verbose_name=_("record that stays"))
    duplicate = models.ForeignKey(Patient, models.PROTECT, related_name="merged_by", verbose_name=_("duplicate"))
    before = SealedJSONField(
        _("details before"), default=dict, help_text=_("Of the survivor."), field_id="patients.patientmerge.before"
    )
    after = SealedJSONField(_("details after"), default=dict, field_id="patients.patientmerge.after")
    duplicate_was_active = models.BooleanField(_("the duplicate was active"))
    reason = SealedCharField(_("reason"), max_length=300, field_id="patients.patientmerge.reason")
    merged_at = models.DateTimeField(_("merged"))
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    objects = PatientMergeQuerySet.as_manager()

    @property
    def undone(self) -> "PatientSeparation | None":
        """How it was undone; of a row that was read with its separation."""
        return getattr(self, "separation", None)

    class Meta:
        verbose_name = _("merge of records")
        verbose_name_plural = _("merges of records")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(survivor=models.F("duplicate")), name="patient_merge_of_two_records"
            ),
        )


class PatientSeparation(ClinicModel):
    """A merge was undone: both records stand on their own again."""

    append_only = True

    merge = models.OneToOneField(PatientMerge, models.PROTECT, related_name="separation", verbose_name=_("merge"))
    reason = SealedCharField(_("reason"), max_length=300, field_id="patients.patientseparation.reason")
    separated_at = models.DateTimeField(_("taken apart"))
    separated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("separation of records")
        verbose_name_plural = _("separations of records")
