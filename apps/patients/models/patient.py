"""The person whom the clinic sees. What identifies them is sealed; the database reads codes, flags and tokens only."""

from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.core.sealed import SealedCharField, SealedDateField, SealedTextField

NUMBER_SERIES = "PAT"


class Sex(models.TextChoices):
    """FHIR administrative-gender."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Not known")


class BloodGroup(models.TextChoices):
    A_POSITIVE = "A+", "A+"
    A_NEGATIVE = "A-", "A−"
    B_POSITIVE = "B+", "B+"
    B_NEGATIVE = "B-", "B−"
    AB_POSITIVE = "AB+", "AB+"
    AB_NEGATIVE = "AB-", "AB−"
    O_POSITIVE = "O+", "O+"
    O_NEGATIVE = "O-", "O−"


class PatientQuerySet(models.QuerySet["Patient"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def inactive(self) -> Self:
        """Those who were taken out of the lists; not the records that became part of another."""
        return self.filter(is_active=False, merged_into__isnull=True)

    def merged(self) -> Self:
        """Records that became part of another."""
        return self.filter(merged_into__isnull=False)

    def unmerged(self) -> Self:
        """One record for each person."""
        return self.filter(merged_into__isnull=True)

    def as_listed(self, *, status: str = "", flag: str = "") -> Self:
        """What the register shows: ``status`` active (where nothing is chosen), inactive, merged or all, which is one
        record for each person; ``flag`` vip or blocked."""
        shown = {"inactive": self.inactive, "merged": self.merged, "all": self.unmerged}.get(status, self.active)()
        return shown.filter(**{"is_vip" if flag == "vip" else "is_blocked": True}) if flag else shown

    def recent_first(self) -> Self:
        """Those whom the desk dealt with last come first: whom they look for is probably among them."""
        return self.order_by("-last_activity_at", "-id")


class Patient(ClinicModel):
    """A person known to this clinic. Never deleted: deactivated with a reason, and restored if that was wrong.

    The number is the only thing about a patient that may stand in an address bar or a log.
    """

    number = models.CharField(_("patient number"), max_length=20, unique=True, editable=False)

    given_name = SealedCharField(_("given name"), max_length=100, field_id="patients.patient.given_name")
    middle_name = SealedCharField(_("middle name"), max_length=100, blank=True, field_id="patients.patient.middle_name")
    # Many people have one name only.
    family_name = SealedCharField(_("family name"), max_length=100, blank=True, field_id="patients.patient.family_name")
    preferred_name = SealedCharField(
        _("preferred name"),
        max_length=100,
        blank=True,
        help_text=_("What they like to be called, if it is another name."),
        field_id="patients.patient.preferred_name",
    )
    sex = models.CharField(_("sex"), max_length=7, choices=Sex, default=Sex.UNKNOWN)
    birth_date = SealedDateField(_("date of birth"), null=True, blank=True, field_id="patients.patient.birth_date")
    birth_date_estimated = models.BooleanField(
        _("date of birth is estimated"), default=False, help_text=_("Worked out from the age that was told.")
    )
    preferred_language = models.CharField(_("preferred language"), max_length=8, blank=True)

    phone = SealedCharField(_("phone"), max_length=32, blank=True, field_id="patients.patient.phone")
    other_phone = SealedCharField(_("other phone"), max_length=32, blank=True, field_id="patients.patient.other_phone")
    email = SealedCharField(_("e-mail"), max_length=254, blank=True, field_id="patients.patient.email")
    address = SealedTextField(_("address"), max_length=300, blank=True, field_id="patients.patient.address")
    city = SealedCharField(_("city"), max_length=100, blank=True, field_id="patients.patient.city")
    state = SealedCharField(_("state or region"), max_length=100, blank=True, field_id="patients.patient.state")
    postal_code = SealedCharField(_("postal code"), max_length=16, blank=True, field_id="patients.patient.postal_code")
    country = SealedCharField(_("country"), max_length=100, blank=True, field_id="patients.patient.country")

    emergency_name = SealedCharField(_("name"), max_length=150, blank=True, field_id="patients.patient.emergency_name")
    emergency_relationship = SealedCharField(
        _("relationship"), max_length=60, blank=True, field_id="patients.patient.emergency_relationship"
    )
    emergency_phone = SealedCharField(
        _("phone"), max_length=32, blank=True, field_id="patients.patient.emergency_phone"
    )

    national_id = SealedCharField(_("national id"), max_length=40, blank=True, field_id="patients.patient.national_id")
    blood_group = models.CharField(_("blood group"), max_length=3, choices=BloodGroup, blank=True)
    notes = SealedTextField(_("notes"), max_length=4000, blank=True, field_id="patients.patient.notes")
    is_vip = models.BooleanField(_("VIP"), default=False)
    is_blocked = models.BooleanField(_("blocked"), default=False)
    blocked_reason = SealedCharField(
        _("reason for blocking"), max_length=300, blank=True, field_id="patients.patient.blocked_reason"
    )

    # Blind index (apps.core.blind_index). Named …_tokens and …_token: the audit trail does not keep such columns.
    name_tokens = ArrayField(models.IntegerField(), default=list, editable=False)
    phone_tokens = ArrayField(models.IntegerField(), default=list, editable=False)
    birth_token = models.IntegerField(null=True, editable=False)
    national_id_token = models.BigIntegerField(null=True, editable=False)
    indexed_as = models.PositiveSmallIntegerField(default=0, editable=False)  # blind_index.WAY of that time

    registered_at = models.DateTimeField(_("registered"), editable=False)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False, verbose_name=_("by")
    )
    last_activity_at = models.DateTimeField(_("last activity"), editable=False)
    # Counts amendments: whoever saves a form that was opened before somebody else's change is told so.
    version = models.PositiveIntegerField(default=1, editable=False)

    is_active = models.BooleanField(_("active"), default=True, editable=False)
    deactivated_at = models.DateTimeField(_("deactivated"), null=True, editable=False)
    deactivated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    deactivated_reason = SealedCharField(
        _("reason"), max_length=300, blank=True, editable=False, field_id="patients.patient.deactivated_reason"
    )

    # This record turned out to be another's person (see merging): always the record in use, never a chain.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="merged", editable=False, db_index=False
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        indexes = (
            GinIndex(fields=["name_tokens"], name="patient_names", fastupdate=False),
            GinIndex(fields=["phone_tokens"], name="patient_phones", fastupdate=False),
            models.Index(fields=["birth_token"], name="patient_birth"),
            models.Index(fields=["-last_activity_at", "-id"], name="patient_recent"),
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="patient_merged_into"
            ),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(number__regex=r"^PAT-\d{4}-\d{5,}$"), name="patient_number_form"),
            models.CheckConstraint(condition=models.Q(sex__in=Sex.values), name="patient_sex"),
            models.CheckConstraint(condition=models.Q(blood_group__in=["", *BloodGroup.values]), name="patient_blood"),
            models.CheckConstraint(
                condition=models.Q(is_active=True, deactivated_at__isnull=True, deactivated_by__isnull=True)
                | models.Q(is_active=False, deactivated_at__isnull=False, deactivated_by__isnull=False),
                name="patient_deactivated_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["national_id_token"], condition=models.Q(is_active=True), name="patient_national_id_once"
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | models.Q(is_active=False),
                name="patient_merged_is_inactive",
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def full_name(self) -> str:
        """As it is said and printed: given, middle, family."""
        return " ".join(name for name in (self.given_name, self.middle_name, self.family_name) if name)

    @property
    def initials(self) -> str:
        return "".join(str(name)[0] for name in (self.given_name, self.family_name) if name).upper()

    @property
    def called(self) -> str:
        """What they like to be called."""
        return str(self.preferred_name or self.given_name)

    def age_on(self, day: date) -> int | None:
        """Completed years on that day; None if nobody knows. Who was born on 29 February is a year older on 1 March."""
        return age_between(self.birth_date, day)

    @property
    def place(self) -> str:
        """Postal code, city, state and country on one line."""
        town = " ".join(part for part in (self.postal_code, self.city) if part)
        return ", ".join(part for part in (town, self.state, self.country) if part)


def age_between(born: date | None, day: date) -> int | None:
    """See Patient.age_on."""
    if born is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
