"""The workers' part of billing."""

from celery import shared_task

from apps.billing.gateways import links
from apps.core import clock
from apps.core.connection import on_platform
from apps.tenants.tasks import ClinicTask, in_every_clinic


@shared_task(base=ClinicTask, name="billing.end_links")
def end_links() -> int:
    """Give up the payment links of one clinic whose time is over; how many."""
    if on_platform():  # the platform bills nobody
        return 0
    return links.end_expired(at=clock.now())


@shared_task(name="billing.end_links_in_every_clinic")
def end_links_in_every_clinic() -> int:
    """Beat's part of it, every fifteen minutes."""
    return in_every_clinic(end_links)
