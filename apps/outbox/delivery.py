"""Deliver what waits in the outbox: once if all goes well, again later if not."""

import json
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.outbox.handlers import handler_of
from apps.outbox.models import Message

log = logging.getLogger(__name__)

# After each failure we wait longer: a minute, five, half an hour, two hours, then twice a day.
BACK_OFF = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12)]
MOST_ATTEMPTS = 9  # about two and a half days
KEPT = timedelta(days=90)  # as long it can be told what was delivered, and tried again what was given up


def deliver(message_id: UUID, *, at: datetime) -> bool:
    """Deliver one message if it is due and nobody else is at it. Whether it was delivered.

    The row stays locked while its handler works, so that two workers never deliver it at the same
    time; the mark and whatever the handler wrote are committed together.
    """
    with transaction.atomic():
        message = (
            Message.objects.waiting()
            .select_for_update(skip_locked=True, no_key=True)
            .filter(pk=message_id, due_at__lte=at)
            .first()
        )
        if message is None:
            return False
        message.attempts += 1
        try:
            with transaction.atomic():
                handler_of(message.kind)(json.loads(message.payload), message)
        except Exception as problem:  # whatever goes wrong outside, the message must wait its turn again
            _put_off(message, problem, at=at)
            return False
        message.done_at, message.last_error, message.payload = at, "", "{}"
        message.save(update_fields=["attempts", "done_at", "last_error", "payload"])
        return True


def due(*, at: datetime, limit: int = 500) -> list[Message]:
    """The messages whose time has come, oldest first."""
    return list(Message.objects.waiting().filter(due_at__lte=at).order_by("due_at")[:limit])


def clean_up(*, at: datetime) -> int:
    """Delete what was delivered or given up longer ago than it is KEPT; how many."""
    old = [Message.objects.filter(done_at__lt=at - KEPT), Message.objects.filter(given_up_at__lt=at - KEPT)]
    return sum(messages.delete()[0] for messages in old)


def _put_off(message: Message, problem: Exception, *, at: datetime) -> None:
    message.last_error = type(problem).__qualname__[:200]
    if message.attempts >= MOST_ATTEMPTS:
        message.given_up_at = at
        log.error("Message %s (%s) was given up: %s.", message.pk, message.kind, message.last_error)
    else:
        message.due_at = at + BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]
        log.warning("Message %s (%s) is put off: %s.", message.pk, message.kind, message.last_error)
    message.save(update_fields=["attempts", "last_error", "given_up_at", "due_at"])
