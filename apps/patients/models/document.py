"""What the clinic keeps about a patient as files (FHIR: DocumentReference), and to whom it was shown outside.

The files themselves lie sealed in a folder or at an S3 server: see apps.patients.documents.vault.
"""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.blind_index import tag_token
from apps.core.models import ClinicModel
from apps.core.sealed import SealedCharField, SealedJSONField
from apps.patients.models.patient import Patient
from apps.patients.models.persons import records_of

LONGEST_FILE_NAME = 200


class Category(models.TextChoices):
    REFERRAL = "referral", _("Referral")
    LAB_REPORT = "lab_report", _("Lab report")
    IMAGING = "imaging", _("Imaging")
    IDENTITY = "identity", _("Identity")
    INSURANCE = "insurance", _("Insurance")
    CONSENT = "consent", _("Consent")
    LETTER = "letter", _("Letter")
    OTHER = "other", _("Other")


class DocumentStatus(models.TextChoices):
    """FHIR DocumentReference.status."""

    CURRENT = "current", _("Current")
    SUPERSEDED = "superseded", _("Superseded")
    ENTERED_IN_ERROR = "entered-in-error", _("Entered in error")


class Scan(models.TextChoices):
    """What the virus scanner says of a file."""

    UNSCANNED = "unscanned", _("Not scanned")
    PENDING = "pending", _("Scan pending")
    CLEAN = "clean", _("Clean")
    INFECTED = "infected", _("Infected")


class DocumentQuerySet(models.QuerySet["Document"]):
    def of_patient(self, patient: Patient) -> Self:
        """Of the person: on each of their records, where several were merged."""
        return self.filter(patient__in=records_of(patient))

    def shown(self) -> Self:
        """Without those that were entered in error."""
        return self.exclude(status=DocumentStatus.ENTERED_IN_ERROR)

    def newest_first(self) -> Self:
        return self.order_by("-dated_on", "-id")

    def with_versions(self) -> Self:
        """With every version and who brought it: two queries, however many documents."""
        versions = DocumentVersion.objects.order_by("-n").select_related("uploaded_by")
        return self.prefetch_related(models.Prefetch("versions", versions))


class Document(ClinicModel):
    """One paper of a patient, in one or more versions. Never deleted: superseded, or entered in error."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="documents", verbose_name=_("patient"))
    title = SealedCharField(_("title"), max_length=150, field_id="patients.document.title")
    category = models.CharField(_("kind"), max_length=12, choices=Category, default=Category.OTHER)
    tags = SealedJSONField(_("tags"), default=list, blank=True, field_id="patients.document.tags")
    tag_tokens = ArrayField(models.IntegerField(), default=list, editable=False)  # blind index: same tag, same token
    dated_on = models.DateField(_("dated"), help_text=_("The day that stands on the document."))
    status = models.CharField(_("status"), max_length=16, choices=DocumentStatus, default=DocumentStatus.CURRENT)
    status_reason = SealedCharField(_("reason"), max_length=300, blank=True, field_id="patients.document.status_reason")
    status_at = models.DateTimeField(null=True, editable=False)
    status_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    filed_at = models.DateTimeField(_("filed"), editable=False)
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        indexes = (models.Index(fields=["patient", "-dated_on", "-id"], name="document_of_patient"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(category__in=Category.values), name="document_category"),
            models.CheckConstraint(
                condition=models.Q(status=DocumentStatus.CURRENT, status_at__isnull=True, status_by__isnull=True)
                | models.Q(
                    status__in=[DocumentStatus.SUPERSEDED, DocumentStatus.ENTERED_IN_ERROR],
                    status_at__isnull=False,
                    status_by__isnull=False,
                ),
                name="document_status_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_current(self) -> bool:
        return self.status == DocumentStatus.CURRENT

    @property
    def is_in_error(self) -> bool:
        return self.status == DocumentStatus.ENTERED_IN_ERROR

    @property
    def tag_links(self) -> list[tuple[str, int]]:
        """Each tag with the token by which documents of the same tag are listed."""
        return [(tag, tag_token(tag)) for tag in self.tags]

    @property
    def newest(self) -> "DocumentVersion":
        """The version that counts. For documents read `with_versions()`."""
        return self.versions.all()[0]


class DocumentVersion(ClinicModel):
    """One file of a document. What it says never changes; the virus scanner's word is written beside it."""

    # Repeated from the document, so that the trail files every change under the patient.
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, related_name="versions")
    n = models.PositiveSmallIntegerField(_("version"))
    file_name = SealedCharField(
        _("file name"), max_length=LONGEST_FILE_NAME, field_id="patients.documentversion.file_name"
    )
    media_type = models.CharField(_("kind of file"), max_length=100, help_text=_("Found in the content."))
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = SealedCharField("SHA-256", max_length=64, field_id="patients.documentversion.sha256")
    # HMAC of the checksum under the clinic's index key: recognises a file that is kept already, tells a thief nothing.
    digest_hash = models.BinaryField(max_length=32)
    storage_name = models.CharField(max_length=40, unique=True)  # random
    # The file's own key. So named, the trail does not keep a copy: destroying this destroys the file.
    wrapped = SealedCharField(max_length=64, field_id="patients.documentversion.wrapped")
    uploaded_at = models.DateTimeField(_("uploaded"))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    scan = models.CharField(_("virus scan"), max_length=9, choices=Scan, default=Scan.UNSCANNED)
    scanned_at = models.DateTimeField(null=True)
    scan_found = SealedCharField(max_length=200, blank=True, field_id="patients.documentversion.scan_found")

    class Meta:
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of documents")
        indexes = (
            models.Index(fields=["patient", "digest_hash"], name="document_version_digest"),
            models.Index(
                fields=["uploaded_at"], condition=models.Q(scan=Scan.PENDING), name="document_version_to_scan"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["document", "n"], name="document_version_once"),
            models.CheckConstraint(condition=models.Q(n__gte=1, size__gte=1), name="document_version_of_something"),
            models.CheckConstraint(condition=models.Q(scan__in=Scan.values), name="document_version_scan"),
        )

    def __str__(self) -> str:
        return f"{self.document_id}/{self.n}"

    @property
    def is_infected(self) -> bool:
        return self.scan == Scan.INFECTED

    @property
    def may_be_opened(self) -> bool:
        """Infected files never; those that wait for their scan if the installation allows it."""
        return not self.is_infected and (self.scan != Scan.PENDING or bool(settings.HPMS_OPEN_UNSCANNED))


class DocumentShare(ClinicModel):
    """A link by which somebody outside may fetch one version of a document for a while. Token and PIN are not kept."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    version = models.ForeignKey(DocumentVersion, models.PROTECT, related_name="shares")
    recipient = SealedCharField(_("for whom"), max_length=150, field_id="patients.documentshare.recipient")
    token_hash = models.BinaryField(max_length=32, unique=True)
    pin_hash = models.BinaryField(max_length=32, blank=True, default=b"")  # empty: the link alone is enough
    expires_at = models.DateTimeField(_("until"))
    most_downloads = models.PositiveSmallIntegerField(_("downloads allowed"))
    downloads = models.PositiveSmallIntegerField(default=0)
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("shared document")
        verbose_name_plural = _("shared documents")
        indexes = (models.Index(fields=["version", "-created_at"], name="document_share_of_version"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(downloads__lte=models.F("most_downloads")), name="document_share_downloads"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="document_share_expires"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

    def is_over(self, at: datetime) -> bool:
        """Revoked, expired, used up, or closed after too many wrong PINs."""
        return (
            self.revoked_at is not None
            or self.expires_at <= at
            or self.downloads >= self.most_downloads
            or self.wrong_pins >= MOST_WRONG_PINS
        )


MOST_WRONG_PINS = 5


class ShareOpening(ClinicModel):
    """Somebody came with a link: what they were given, or why not."""

    append_only = True

    class Outcome(models.TextChoices):
        SHOWN = "shown", _("Opened")
        DOWNLOADED = "downloaded", _("Downloaded")
        WRONG_PIN = "wrong_pin", _("Wrong PIN")
        OVER = "over", _("Too late")

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    share = models.ForeignKey(DocumentShare, models.PROTECT, related_name="openings")
    outcome = models.CharField(max_length=10, choices=Outcome)
    at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name = _("opening of a shared document")
        verbose_name_plural = _("openings of shared documents")
        indexes = (models.Index(fields=["share", "-at"], name="share_opening_of_share"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(outcome__in=["shown", "downloaded", "wrong_pin", "over"]),
                name="share_opening_outcome",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)
