"""Leave something to be delivered: in this transaction or not at all."""

import json
import logging
import time
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from apps.core import clock
from apps.outbox.models import Message
from apps.tenants.tasks import envelope_for

log = logging.getLogger(__name__)
DELIVER = "outbox.deliver"
QUIET = 10.0  # seconds: while the broker is away, not every request shall find that out by waiting for it
_quiet_until = [0.0]


def put(kind: str, payload: dict[str, Any], *, due_at: datetime | None = None) -> Message:
    """Write down what a worker is to deliver once this transaction is committed, or at `due_at`.

    It is delivered at least once: the handler of that kind must bear a repeat. If the broker is
    away at that moment the next sweep finds the message; nothing is lost.
    """
    at = clock.now()
    message = Message.objects.create(
        kind=kind, payload=json.dumps(payload, cls=DjangoJSONEncoder), due_at=due_at or at, created_at=at
    )
    if message.due_at <= at:
        nudge(message)
    return message


def withdraw_waiting(*, at: datetime) -> int:
    """Nothing that waits now will be delivered; it is emptied as if it had been. Returns how many."""
    with transaction.atomic():
        waiting = list(Message.objects.waiting().select_for_update())
        for message in waiting:
            message.payload, message.done_at = "", at
            message.save(update_fields=["payload", "done_at"])
    return len(waiting)


def nudge(message: Message) -> None:
    """Tell a worker about the message as soon as it is committed."""
    from apps.outbox.tasks import deliver  # the task imports the handlers, which may import this module

    envelope = envelope_for(DELIVER, connection.context)  # type: ignore[attr-defined]

    def send() -> None:
        if time.monotonic() < _quiet_until[0]:
            return
        try:
            deliver.apply_async((str(message.pk),), headers={"hpms": envelope}, retry=False)
        except Exception as problem:  # it is committed: whatever ails the broker, nobody's request may fail now
            _quiet_until[0] = time.monotonic() + QUIET
            log.warning("The broker is away (%s): message %s waits for the sweep.", type(problem).__name__, message.pk)

    transaction.on_commit(send)
