"""What patients are asked to agree to, and what they answered (FHIR Consent)."""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import new_id
from apps.core.models import ClinicModel
from apps.core.sealed import SealedCharField, SealedJSONField
from apps.patients.models.patient import Patient
from apps.patients.models.record import RowsOfPatients


class ConsentScope(models.TextChoices):
    """FHIR consentscope, and what clinics ask besides."""

    TREATMENT = "treatment", _("Treatment")
    PRIVACY = "patient-privacy", _("Privacy")
    PROCEDURE = "procedure", _("Procedure")
    RESEARCH = "research", _("Research")
    OTHER = "other", _("Other")


class ConsentFormQuerySet(models.QuerySet["ConsentForm"]):
    def published(self) -> Self:
        """Those that may be signed: published and not withdrawn."""
        return self.filter(published_at__isnull=False, withdrawn_at__isnull=True)

    def drafts(self) -> Self:
        return self.filter(published_at__isnull=True)

    def newest_first(self) -> Self:
        return self.order_by("series", "-version", "language")


class ConsentForm(ClinicModel):
    """One version of a text, in one language. Once published nothing of it changes; it can only be withdrawn.

    Versions and languages of a form share its `series`. Whoever agreed to an older version is asked again only if a
    later one says so (`asks_again`).
    """

    series = models.UUIDField(default=new_id, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    title = models.CharField(_("title"), max_length=150)
    body = models.TextField(_("text"), max_length=20000)
    language = models.CharField(_("language"), max_length=8, default="en")
    scope = models.CharField(_("about"), max_length=15, choices=ConsentScope, default=ConsentScope.TREATMENT)
    is_required = models.BooleanField(
        _("required at check-in"), default=False, help_text=_("The desk is told when a patient has not agreed to it.")
    )
    valid_months = models.PositiveSmallIntegerField(
        _("valid for months"), null=True, blank=True, help_text=_("Empty: until it is revoked.")
    )
    asks_again = models.BooleanField(
        _("ask everybody again"),
        default=True,
        help_text=_("Those who agreed to an earlier version have to agree to this one."),
    )
    sha256 = models.CharField(_("SHA-256 of the text"), max_length=64, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )

    # What consents.missing_for knows of the patient who was asked for.
    last_answer: "PatientConsent | None" = None

    objects = ConsentFormQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent form")
        verbose_name_plural = _("consent forms")
        ordering = ("series", "-version", "language")
        constraints = (
            models.UniqueConstraint(fields=["series", "version", "language"], name="consent_form_version_once"),
            models.CheckConstraint(condition=models.Q(scope__in=ConsentScope.values), name="consent_form_scope"),
            models.CheckConstraint(
                condition=models.Q(valid_months__isnull=True) | models.Q(valid_months__range=(1, 240)),
                name="consent_form_months",
            ),
            models.CheckConstraint(
                condition=models.Q(published_at__isnull=True, published_by__isnull=True)
                | models.Q(published_at__isnull=False, published_by__isnull=False),
                name="consent_form_published_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, published_at__isnull=False),
                name="consent_form_withdrawn_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(title__gt="", body__gt="") | models.Q(published_at__isnull=True),
                name="consent_form_says_something",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def is_open(self) -> bool:
        """Whether it may be signed."""
        return self.published_at is not None and self.withdrawn_at is None


class Decision(models.TextChoices):
    AGREED = "agreed", _("Agreed")
    REFUSED = "refused", _("Refused")


class SignedHow(models.TextChoices):
    DRAWN = "drawn", _("Drawn by hand")
    TYPED = "typed", _("Name typed")


class SignedBy(models.TextChoices):
    """Who signs: the patient, or somebody for them."""

    SELF = "self", _("The patient")
    PARENT = "parent", _("Parent")
    GUARDIAN = "guardian", _("Guardian")
    SPOUSE = "spouse", _("Spouse")
    CHILD = "child", _("Son or daughter")
    REPRESENTATIVE = "representative", _("Legal representative")


class Device(models.TextChoices):
    """The class of what it was signed on: enough to explain a signature, too little to track anybody."""

    COMPUTER = "computer", _("Computer")
    TABLET = "tablet", _("Tablet")
    PHONE = "phone", _("Phone")
    PROGRAM = "program", _("Through the API")


class PatientConsentQuerySet(RowsOfPatients):
    def holding(self, day: date) -> Self:
        """What the patient has agreed to, not revoked, and that has not expired."""
        unexpired = models.Q(expires_on__isnull=True) | models.Q(expires_on__gt=day)
        return self.filter(unexpired, decision=Decision.AGREED, revocation__isnull=True)

    def with_form(self) -> Self:
        return self.select_related("form", "witness", "revocation", "revocation__by")


class PatientConsent(ClinicModel):
    """A patient's answer to one version of a form. Never changed; taken back by a ConsentRevocation.

    `digest` is the SHA-256 of everything that was signed, salted inside the sealed signature: without the salt a
    stolen database would let names be guessed against it.
    """

    append_only = True

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    form = models.ForeignKey(ConsentForm, models.PROTECT, related_name="answers")
    decision = models.CharField(_("answer"), max_length=7, choices=Decision)
    method = models.CharField(_("signed"), max_length=5, choices=SignedHow)
    signer_name = SealedCharField(_("name"), max_length=150, field_id="patients.patientconsent.signer_name")
    signed_by = models.CharField(_("signed by"), max_length=14, choices=SignedBy, default=SignedBy.SELF)
    signature: Any = SealedJSONField(field_id="patients.patientconsent.signature")
    reason = SealedCharField(_("reason"), max_length=300, blank=True, field_id="patients.patientconsent.reason")
    witness = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("witness"))
    at = models.DateTimeField(_("signed at"))
    expires_on = models.DateField(_("expires"), null=True)
    ip = models.GenericIPAddressField(_("address"), null=True)
    device = models.CharField(_("device"), max_length=8, choices=Device)
    text_sha256 = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    # Of the page that was signed: the second click finds the first one's consent.
    asked_as = models.UUIDField(unique=True)

    objects = PatientConsentQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = (models.Index(fields=["patient", "-at"], name="consent_of_patient"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(decision__in=Decision.values), name="consent_decision"),
            models.CheckConstraint(condition=models.Q(method__in=SignedHow.values), name="consent_method"),
            models.CheckConstraint(condition=models.Q(signed_by__in=SignedBy.values), name="consent_signed_by"),
            models.CheckConstraint(condition=models.Q(device__in=Device.values), name="consent_device"),
            models.CheckConstraint(condition=models.Q(digest__regex="^[0-9a-f]{64}$"), name="consent_digest"),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_revoked(self) -> bool:
        """Ask with the revocation loaded (with_form)."""
        return getattr(self, "revocation", None) is not None

    def holds_on(self, day: date) -> bool:
        is_agreed = self.decision == Decision.AGREED and not self.is_revoked
        return is_agreed and (self.expires_on is None or day < self.expires_on)

    def state_on(self, day: date) -> str:
        """agreed, refused, revoked or expired."""
        if self.is_revoked:
            return "revoked"
        if self.decision == Decision.REFUSED:
            return "refused"
        return "agreed" if self.holds_on(day) else "expired"


class ConsentRevocation(ClinicModel):
    """The patient takes an agreement back. It stays on record that there was one."""

    append_only = True

    consent = models.OneToOneField(PatientConsent, models.PROTECT, related_name="revocation")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("revoked"))
    reason = SealedCharField(_("reason"), max_length=300, field_id="patients.consentrevocation.reason")

    class Meta:
        verbose_name = _("revocation of a consent")
        verbose_name_plural = _("revocations of consents")

    def __str__(self) -> str:
        return str(self.pk)
