"""What has come from elsewhere, and what it has become here."""

from django.db import models

from apps.core.models import ClinicModel


class ImportedRow(ClinicModel):
    """One row of another system that is in this clinic now. It is what lets an interrupted import go on.

    Written in the transaction that makes the row it names: what stands here is there, what does not is not.
    """

    append_only = True

    source = models.CharField(max_length=20, help_text="The kind of system it came from, such as synthea.")
    kind = models.CharField(max_length=20, help_text="What it was there: patient, encounter, charge …")
    external_id = models.CharField(max_length=100)
    our_id = models.UUIDField(help_text="The row it has become: of a patient, an appointment, an invoice line …")
    imported_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "kind", "external_id"], name="imported_row_once"),)

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.external_id}"
