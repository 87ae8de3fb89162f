"""The queue of the waiting room: a token for each arrival, its place, and every call that was made."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Department, Provider, Room
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField
from apps.scheduling.models.appointment import Appointment


class Priority(models.IntegerChoices):
    """Whom the provider sees first. Small numbers come first; the steps leave room for a clinic's own."""

    EMERGENCY = 10, _("Emergency")
    URGENT = 20, _("Urgent")
    FRAIL = 30, _("Elderly, pregnant or frail")
    NORMAL = 40, _("Normal")
    CAN_WAIT = 50, _("Can wait")


class TicketStatus(models.TextChoices):
    """It follows the appointment: see `tickets.follow`. The moves between them: the trigger `queue_ticket_moves`."""

    WAITING = "waiting", _("Waiting")
    CALLED = "called", _("Called")
    SKIPPED = "skipped", _("Set aside")
    WITH_PROVIDER = "with_provider", _("With the provider")
    DONE = "done", _("Done")
    LEFT = "left", _("Left the queue")


HERE = (TicketStatus.WAITING, TicketStatus.CALLED, TicketStatus.SKIPPED)  # in the waiting room
OPEN = (*HERE, TicketStatus.WITH_PROVIDER)


class QueueTicketQuerySet(models.QuerySet["QueueTicket"]):
    def here(self) -> Self:
        """Of those who sit in the waiting room, set aside or not."""
        return self.filter(status__in=HERE)

    def open(self) -> Self:
        """Of those who are in the house."""
        return self.filter(status__in=OPEN)

    def waiting(self) -> Self:
        return self.filter(status=TicketStatus.WAITING)

    def of_provider(self, provider: Provider) -> Self:
        return self.filter(appointment__provider=provider)

    def in_order(self) -> Self:
        """Who comes next, first: the rule of the house is told in waiting_room.py."""
        due = Greatest("queued_at", "appointment__starts_at")
        return self.annotate(due_at=due).order_by("priority", "due_at", "queued_at", "id")

    def with_people(self) -> Self:
        return self.select_related(
            "appointment__patient", "appointment__provider__room", "appointment__appointment_type", "called_to"
        )


class QueueTicket(ClinicModel):
    """One arrival's token: A-017. It says nothing of the patient; whose queue it is in is the appointment's provider.

    Numbers begin anew each day and have no gaps. Whoever arrives again on the same day (their arrival had been
    undone) takes up the token that they already hold.
    """

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="tickets")
    day = models.DateField(_("day"), editable=False)
    prefix = models.CharField(max_length=3, editable=False)
    number = models.PositiveIntegerField(editable=False)
    status = models.CharField(_("status"), max_length=13, choices=TicketStatus, default=TicketStatus.WAITING)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    issued_at = models.DateTimeField(editable=False)
    # Since when they queue: their arrival, or their return after a missed call.
    queued_at = models.DateTimeField(editable=False)
    called_at = models.DateTimeField(null=True, editable=False)
    called_to = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    objects = QueueTicketQuerySet.as_manager()

    class Meta:
        ordering = ("day", "prefix", "number")
        verbose_name = _("queue ticket")
        verbose_name_plural = _("queue tickets")
        indexes = (
            models.Index(fields=["day", "status"], name="queue_ticket_day"),
            models.Index(
                fields=["day", "-called_at"], name="queue_ticket_called", condition=models.Q(called_at__isnull=False)
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["day", "prefix", "number"], name="queue_token_once"),
            models.UniqueConstraint(fields=["appointment", "day"], name="queue_ticket_of_a_day"),
            models.UniqueConstraint(
                fields=["appointment"], name="queue_ticket_open_once", condition=models.Q(status__in=OPEN)
            ),
            models.CheckConstraint(condition=models.Q(status__in=TicketStatus.values), name="queue_ticket_status"),
            models.CheckConstraint(condition=models.Q(priority__in=Priority.values), name="queue_ticket_priority"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="queue_ticket_number"),
            models.CheckConstraint(
                condition=~models.Q(status="called") | models.Q(called_at__isnull=False),
                name="queue_ticket_called_when",
            ),
        )

    def __str__(self) -> str:
        return self.token

    @property
    def token(self) -> str:
        """As it is printed and called: A-017."""
        return f"{self.prefix}-{self.number:03d}"

    @property
    def is_waiting(self) -> bool:
        return self.status == TicketStatus.WAITING

    @property
    def is_here(self) -> bool:
        return self.status in HERE


class TicketEntry(ClinicModel):
    """One thing that was done with a ticket; start and end are the appointment's own moves. Rows are only added."""

    append_only = True

    class Kind(models.TextChoices):
        CALLED = "called", _("Called")
        CALLED_AGAIN = "called_again", _("Called again")
        SKIPPED = "skipped", _("Set aside")
        RETURNED = "returned", _("Back in the queue")
        PRIORITY = "priority", _("Priority changed")
        MOVED = "moved", _("Moved to another queue")

    ticket = models.ForeignKey(QueueTicket, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12, choices=Kind)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    from_provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="+")
    to_provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="+")
    from_priority = models.PositiveSmallIntegerField(choices=Priority, null=True)
    to_priority = models.PositiveSmallIntegerField(choices=Priority, null=True)
    reason = SealedTextField(max_length=300, blank=True, field_id="scheduling.ticketentry.reason")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return self.kind


class TokenCounter(ClinicModel):
    """The last token of a prefix on a day. Its row lock is what keeps the numbers without gaps."""

    day = models.DateField()
    prefix = models.CharField(max_length=3)
    last = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["day", "prefix"], name="token_counter_once"),)


class TokenPrefix(ClinicModel):
    """The letters before the tokens of a department or a provider. Everybody else's are `A`."""

    letters = models.CharField(_("letters"), max_length=3)
    department = models.OneToOneField(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="token_prefix"
    )
    provider = models.OneToOneField(
        Provider, on_delete=models.PROTECT, null=True, blank=True, related_name="token_prefix"
    )

    class Meta:
        ordering = ("letters",)
        constraints = (
            models.CheckConstraint(condition=models.Q(letters__regex=r"^[A-Z]{1,3}$"), name="token_prefix_letters"),
            models.CheckConstraint(
                condition=models.Q(department__isnull=True, provider__isnull=False)
                | models.Q(department__isnull=False, provider__isnull=True),
                name="token_prefix_of_one",
            ),
        )

    def __str__(self) -> str:
        return self.letters
