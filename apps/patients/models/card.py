"""The plastic card by which a patient is found at the desk."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.patients.models.patient import Patient
from apps.patients.models.persons import records_of

CARD_SERIES = "CRD"


class BirthOnCard(models.TextChoices):
    DATE = "date", _("Date of birth")
    YEAR = "year", _("Year of birth only")
    NONE = "none", _("Nothing")


class CardReason(models.TextChoices):
    FIRST = "first", _("First card")
    LOST = "lost", _("Lost or stolen")
    DAMAGED = "damaged", _("Damaged")
    CHANGED = "changed", _("Name or details changed")
    OTHER = "other", _("Another reason")


class CardDesign(ClinicModel):
    """What stands on this clinic's cards. There is one at most; without it, the defaults below."""

    birth = models.CharField(_("birth"), max_length=4, choices=BirthOnCard, default=BirthOnCard.YEAR)
    shows_sex = models.BooleanField(_("sex"), default=True)
    shows_blood_group = models.BooleanField(_("blood group"), default=True)
    has_back = models.BooleanField(_("back side"), default=False, help_text=_("With the address to return it to."))
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("card design")
        constraints = (
            models.CheckConstraint(condition=models.Q(only=True), name="card_design_only_one"),
            models.CheckConstraint(condition=models.Q(birth__in=BirthOnCard.values), name="card_design_birth"),
        )

    def __str__(self) -> str:
        return "card design"


class IdCardQuerySet(models.QuerySet["IdCard"]):
    def of_patient(self, patient: Patient) -> Self:
        """Of the person: on each of their records, where several were merged."""
        return self.filter(patient__in=records_of(patient))

    def valid(self) -> Self:
        return self.filter(voided_at=None)


class IdCard(ClinicModel):
    """A card that was handed out. A new one voids the one before; the number in its codes is the patient's."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="cards", verbose_name=_("patient"))
    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    reason = models.CharField(_("reason"), max_length=7, choices=CardReason)
    issued_at = models.DateTimeField(_("issued"))
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    voided_at = models.DateTimeField(_("void since"), null=True)
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = IdCardQuerySet.as_manager()

    class Meta:
        verbose_name = _("ID card")
        verbose_name_plural = _("ID cards")
        indexes = (
            models.Index(fields=["-issued_at", "-id"], condition=models.Q(voided_at=None), name="id_card_latest"),
            models.Index(fields=["patient", "-issued_at"], name="id_card_of_patient"),
        )
        constraints = (
            models.UniqueConstraint(fields=["patient"], condition=models.Q(voided_at=None), name="id_card_one_valid"),
            models.CheckConstraint(condition=models.Q(reason__in=CardReason.values), name="id_card_reason"),
            models.CheckConstraint(
                condition=models.Q(voided_at=None, voided_by=None)
                | models.Q(voided_at__isnull=False, voided_by__isnull=False),
                name="id_card_voided_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return self.serial
