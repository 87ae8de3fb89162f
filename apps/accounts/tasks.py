"""What is swept up in every clinic now and then."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session

from apps.accounts.models import ApiSession
from apps.core import clock, idempotency
from apps.tenants.tasks import ClinicTask, in_every_clinic

KEEP_ENDED = timedelta(days=30)


@shared_task(base=ClinicTask, name="accounts.tidy")
def tidy() -> int:
    """Forget sessions that ended, and answers kept for repeats; how many rows."""
    at = clock.now()
    gone = Session.objects.filter(expire_date__lt=at).delete()[0]
    gone += ApiSession.objects.filter(expires_at__lt=at - KEEP_ENDED).delete()[0]
    return gone + idempotency.clean_up(at=at)


@shared_task(name="accounts.tidy_every_clinic")
def tidy_every_clinic() -> int:
    """Beat's part of it; what is kept for a time goes after it in a suspended clinic too."""
    return in_every_clinic(tidy, suspended=True)
