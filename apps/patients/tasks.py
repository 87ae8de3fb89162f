"""What beat asks of the patients' department in every clinic."""

import logging

from celery import shared_task

from apps.core import clock
from apps.core.connection import on_platform
from apps.patients import review
from apps.patients.documents import tidying
from apps.patients.files import importing, steps
from apps.tenants.tasks import ClinicTask, in_every_clinic

log = logging.getLogger(__name__)


@shared_task(base=ClinicTask, name="patients.tidy_documents")
def tidy_documents() -> int:
    """Remove files that no document names; how many."""
    if on_platform():
        return 0  # the platform has no patients
    done = tidying.tidy(at=clock.now())
    for version in done.missing:
        log.error("Document version %s has no file any more.", version)
    return done.removed


@shared_task(name="patients.tidy_documents_of_every_clinic")
def tidy_documents_of_every_clinic() -> int:
    """Beat's part of it."""
    return in_every_clinic(tidy_documents)


@shared_task(base=ClinicTask, name="patients.compare_recent")
def compare_recent() -> int:
    """Look for duplicates of whoever was registered or amended since the last time."""
    return 0 if on_platform() else review.compare_recent(at=clock.now())


@shared_task(name="patients.compare_recent_in_every_clinic")
def compare_recent_in_every_clinic() -> int:
    """Beat's part."""
    return in_every_clinic(compare_recent)


@shared_task(base=ClinicTask, name="patients.empty_old_imports")
def empty_old_imports() -> int:
    """Delete the files of imports that have lain here long enough, and let those go on that were left half done."""
    if on_platform():
        return 0
    steps.go_on(at=clock.now())
    return importing.empty_old(at=clock.now())


@shared_task(name="patients.empty_old_imports_in_every_clinic")
def empty_old_imports_in_every_clinic() -> int:
    """Beat's part."""
    return in_every_clinic(empty_old_imports)
