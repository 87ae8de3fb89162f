"""The workers' part of the schedule. All of it is correct without them, only later."""

from celery import shared_task

from apps.core import clock
from apps.core.connection import on_platform
from apps.scheduling import holding, reminders
from apps.scheduling.waitlist import answers
from apps.tenants.tasks import ClinicTask, in_every_clinic

BATCH = 200


@shared_task(base=ClinicTask, name="scheduling.remind")
def remind() -> int:
    """Hand the reminders of one clinic that are due to the outbox, so many in a transaction."""
    if on_platform():
        return 0
    settled = reminders.send_due(at=clock.now(), limit=BATCH)
    if settled == BATCH:
        remind.announce()
    return settled


@shared_task(name="scheduling.remind_every_clinic")
def remind_every_clinic() -> int:
    """Beat's part of it."""
    return in_every_clinic(remind)


@shared_task(base=ClinicTask, name="scheduling.move_on")
def move_on() -> int:
    """Pass on the offers of one clinic that ran out. Nobody waits for this: an offer that ran out holds nothing."""
    return 0 if on_platform() else answers.move_on(at=clock.now())


@shared_task(name="scheduling.move_on_in_every_clinic")
def move_on_in_every_clinic() -> int:
    """Beat's part of it."""
    return in_every_clinic(move_on)


@shared_task(base=ClinicTask, name="scheduling.tidy_holds")
def tidy_holds() -> int:
    """Forget holds that ran out; they have been in nobody's way since."""
    return 0 if on_platform() else holding.tidy(at=clock.now())


@shared_task(name="scheduling.tidy_holds_in_every_clinic")
def tidy_holds_in_every_clinic() -> int:
    """Beat's part of it."""
    return in_every_clinic(tidy_holds)
