"""What could not be delivered and was given up: tried again, dismissed, or gone by its age (delivery.clean_up)."""

from datetime import datetime

from django.db import transaction

from apps.outbox.models import Message
from apps.outbox.outbox import nudge


def try_again(*, at: datetime, kind: str = "") -> int:
    """Have what was given up delivered after all, of one kind or of all, as often as if it were new; how many."""
    with transaction.atomic():
        messages = _given_up(kind)
        for message in messages:
            message.attempts, message.due_at, message.given_up_at = 0, at, None
            message.save(update_fields=["attempts", "due_at", "given_up_at"])
            nudge(message)
    return len(messages)


def dismiss(*, at: datetime, kind: str = "") -> int:
    """What was given up, of one kind or of all, is never delivered: it is emptied as if it had been; how many."""
    with transaction.atomic():
        messages = _given_up(kind)
        for message in messages:
            message.payload, message.done_at, message.given_up_at = "{}", at, None
            message.save(update_fields=["payload", "done_at", "given_up_at"])
    return len(messages)


def _given_up(kind: str) -> list[Message]:
    found = Message.objects.given_up().select_for_update(no_key=True)
    return list(found.filter(kind=kind) if kind else found)
