"""The trail: who changed or read what, when. Written by the database, by nobody else (NFR-01)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.core.models import ClinicRow


class AuditEvent(ClinicRow):
    """One change of one row, or one reading of a patient's health information.

    Sealed values stay ciphertext in `old` and `new` (the text form of bytea); who may see them opens them.
    """

    append_only = True

    class Action(models.TextChoices):
        CREATE = "create"
        UPDATE = "update"
        DELETE = "delete"
        READ = "read"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200, help_text="user:<id>, task:<name> for <actor>, provisioning, anonymous.")
    roles = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    ip = models.GenericIPAddressField(null=True)
    txid = models.BigIntegerField()
    action = models.CharField(max_length=6, choices=Action)
    table_name = models.CharField(max_length=63)
    row_id = models.CharField(max_length=64, blank=True)
    patient_id = models.UUIDField(null=True)
    changed = ArrayField(models.CharField(max_length=63), default=list)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    class Meta:
        db_table = "audit_event"
        indexes = (
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["patient_id", "-id"], name="audit_patient"),
            models.Index(fields=["table_name", "row_id", "-id"], name="audit_row"),
            models.Index(fields=["request_id"], name="audit_request", condition=~models.Q(request_id="")),
            # What open pages ask every other second: has anything of these kinds been written lately?
            models.Index(fields=["table_name", "-at"], name="audit_written", condition=~models.Q(action="read")),
        )
