"""What is to leave the house: written in the transaction that causes it, delivered by a worker afterwards."""

from typing import ClassVar

from django.db import models

from apps.core.models import ClinicModel


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> "MessageQuerySet":
        """Neither delivered nor given up."""
        return self.filter(done_at__isnull=True, given_up_at__isnull=True)


class Message(ClinicModel):
    """One thing to deliver. A rule never talks to the outside; it leaves one of these (ARCHITECTURE §8).

    The payload names a person and is sealed like any other health information. `last_error` is a
    class name and a hint, never the text of an exception, which may quote the payload.
    """

    kind = models.CharField(max_length=60)
    payload = models.BinaryField()
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
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
