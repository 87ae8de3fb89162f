"""What a worker does for the ledger when somebody asked for it."""

from typing import Any

from apps.accounts.models import User
from apps.core import clock
from apps.ledger.checking import running
from apps.outbox.handlers import handler
from apps.outbox.models import Message


@handler(running.KIND)
def check_books(payload: dict[str, Any], message: Message) -> None:
    running.check_books(by=User.objects.get(pk=payload["by"]), at=clock.now(), pk=message.pk)
