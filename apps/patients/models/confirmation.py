from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.patients.models.patient import Patient
from apps.patients.models.persons import records_of


class DetailsConfirmationQuerySet(models.QuerySet["DetailsConfirmation"]):
    def of_patient(self, patient: Patient) -> Self:
        """Of the person: on each of their records, where several were merged."""
        return self.filter(patient__in=records_of(patient))


class DetailsConfirmation(ClinicModel):
    """The patient said that phone, address, e-mail and birth date are still right: who asked, and when."""

    append_only = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="details_confirmations")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = DetailsConfirmationQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        verbose_name = _("confirmation of details")
        verbose_name_plural = _("confirmations of details")
        indexes = (models.Index(fields=["patient", "-at"], name="details_confirmation_patient"),)
