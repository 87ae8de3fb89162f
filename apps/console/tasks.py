from celery import shared_task
from django.utils import timezone

from apps.console import pulse


@shared_task(name="console.take_pulses")
def take_pulses() -> int:
    """Beat asks every clinic how it is, so that the console has it at hand."""
    return pulse.take_pulses(at=timezone.now())
