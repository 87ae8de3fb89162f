"""What is tidied up in every clinic once a day."""

import logging

from celery import shared_task

from apps.core import clock
from apps.core.connection import here
from apps.patients.documents import tidying
from apps.tenants.tasks import ClinicTask, in_every_clinic

log = logging.getLogger(__name__)


@shared_task(base=ClinicTask, name="patients.tidy_documents")
def tidy_documents() -> int:
    """Remove files that no document names; how many."""
    if here().schema == "public":
        return 0  # the platform has no patients
    done = tidying.tidy(at=clock.now())
    for version in done.missing:
        log.error("Document version %s has no file any more.", version)
    return done.removed


@shared_task(name="patients.tidy_documents_of_every_clinic")
def tidy_documents_of_every_clinic() -> int:
    """Beat's part of it."""
    return in_every_clinic(tidy_documents)
