"""The workers' part of the outbox. A nudge after each commit makes it quick; the sweep makes it certain."""

from uuid import UUID

from celery import shared_task

from apps.core import clock
from apps.outbox import delivery
from apps.outbox.outbox import DELIVER, nudge
from apps.tenants.tasks import ClinicTask, in_every_clinic

SWEEP = "outbox.sweep"


@shared_task(base=ClinicTask, name=DELIVER)
def deliver(message_id: str) -> bool:
    """Deliver one message of the clinic."""
    return delivery.deliver(UUID(message_id), at=clock.now())


@shared_task(base=ClinicTask, name=SWEEP)
def sweep() -> int:
    """Find what is due in one clinic: its first nudge was lost, or an earlier attempt failed."""
    messages = delivery.due(at=clock.now())
    for message in messages:
        nudge(message)
    return len(messages)


@shared_task(name="outbox.sweep_every_clinic")
def sweep_every_clinic() -> int:
    """Beat's part: a sweep for the platform and for every open clinic."""
    return in_every_clinic(sweep)


@shared_task(base=ClinicTask, name="outbox.tidy")
def tidy() -> int:
    """Delete what one clinic delivered or gave up long ago; how many."""
    return delivery.clean_up(at=clock.now())


@shared_task(name="outbox.tidy_every_clinic")
def tidy_every_clinic() -> int:
    """Beat's part of it, every six hours; a suspended clinic sends nothing, and is tidied."""
    return in_every_clinic(tidy, suspended=True)
