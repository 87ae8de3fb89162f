"""What is to leave the house: written in the transaction that causes it, delivered by a worker afterwards."""

from typing import ClassVar

from django.db import models

from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> "MessageQuerySet":
        """Neither delivered nor given up."""
        return self.filter(done_at__isnull=True, given_up_at__isnull=True)

    def given_up(self) -> "MessageQuerySet":
        """Tried too often: nobody delivers it unless somebody says so (given_up.py)."""
        return self.filter(given_up_at__isnull=False)


class Message(ClinicModel):
    """One thing to deliver. A rule never talks to the outside; it leaves one of these (ARCHITECTURE §8).

    The payload names a person: it is sealed like any other health information and emptied once delivered.
    `last_error` is the class of an exception, never its text, which may quote the payload.
    """

    kind = models.CharField(max_length=60)
    payload = SealedTextField(field_id="outbox.message.payload")
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Message"]] = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "id")
        indexes = (
            models.Index(
                fields=["due_at"],
                condition=models.Q(done_at__isnull=True, given_up_at__isnull=True),
                name="outbox_waiting",
            ),
            # Counted and cleaned up; most of what is delivered is never asked for.
            models.Index(fields=["done_at"], condition=models.Q(done_at__isnull=False), name="outbox_done"),
            models.Index(fields=["given_up_at"], condition=models.Q(given_up_at__isnull=False), name="outbox_given_up"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
