"""A file of patients on its way into the register. The file is health information: sealed, and gone after some days."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.core.sealed import SealedCharField, SealedJSONField
from apps.patients.models.patient import Patient


class PatientImport(ClinicModel):
    """One uploaded file: how it is read, what is done about likely duplicates, and how far it has come."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("to be matched")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("to be confirmed")
        IMPORTING = "importing", _("being imported")
        DONE = "done", _("imported")
        CANCELLED = "cancelled", _("given up")

    file_name = SealedCharField(_("file"), max_length=200, field_id="patients.patientimport.file_name")
    size = models.PositiveIntegerField(_("size"))
    # Recognises a file that was uploaded before; keyed with the clinic's index key.
    content_token = models.BigIntegerField(editable=False)
    encoding = models.CharField(_("encoding"), max_length=20)
    separator = models.CharField(_("separator"), max_length=1)
    date_order = models.CharField(_("dates"), max_length=3, default="ymd")
    # The headers of a file may be anything, somebody's name included.
    mapping = SealedJSONField(_("columns"), default=list, field_id="patients.patientimport.mapping")
    on_duplicate = models.CharField(_("likely duplicates"), max_length=6, default="skip")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    reached = models.PositiveIntegerField(default=0, help_text=_("Rows that this state has dealt with."))
    fine = models.PositiveIntegerField(_("ready"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    duplicates = models.PositiveIntegerField(_("likely duplicates"), default=0)
    uploaded_at = models.DateTimeField(_("uploaded"))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(_("ended"), null=True)
    emptied_at = models.DateTimeField(_("file deleted"), null=True)

    class Meta:
        verbose_name = _("import of patients")
        verbose_name_plural = _("imports of patients")
        indexes = (models.Index(fields=["-uploaded_at", "-id"], name="patient_imports_recent"),)


class ImportPart(ClinicModel):
    """A piece of the file, packed and sealed. The column's name keeps it out of the trail, where it would stay."""

    source = models.ForeignKey(PatientImport, models.CASCADE, related_name="parts")
    place = models.PositiveSmallIntegerField()
    wrapped = models.BinaryField()

    class Meta:
        ordering = ("place",)
        constraints = (models.UniqueConstraint(fields=["source", "place"], name="import_part_once"),)


class ImportLine(ClinicModel):
    """What was found about one row, and what became of it. Rows with nothing to say get theirs when they are imported.

    One for each row at most: a worker that was killed and goes on cannot import a row twice.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        REFUSED = "refused", _("refused")
        CREATED = "created", _("registered")
        UPDATED = "updated", _("updated")
        LINKED = "linked", _("known already")
        SKIPPED = "skipped", _("left out")

    CHOICES: ClassVar = (
        ("skip", _("Leave the row out")),
        ("create", _("Register as another person")),
        ("update", _("Update the known patient")),
        ("link", _("Note that it is the known patient")),
    )

    source = models.ForeignKey(PatientImport, models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    # [[column, words], …]: never what was typed
    problems = SealedJSONField(default=list, field_id="patients.importline.problems")
    known = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")
    points = models.SmallIntegerField(null=True)
    choice = models.CharField(max_length=6, blank=True)
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "row"], name="import_line_once"),)
        indexes = (models.Index(fields=["source", "outcome", "row"], name="import_lines_by_outcome"),)


class PatientExport(ClinicModel):
    """Patients left the house in a file: who took how many, which and what of them."""

    append_only = True

    count = models.PositiveIntegerField(_("patients"))
    chosen = models.JSONField(_("filter"), default=dict)
    columns = models.JSONField(_("columns"), default=list)
    exported_at = models.DateTimeField(_("exported"))
    exported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("export of patients")
        verbose_name_plural = _("exports of patients")
