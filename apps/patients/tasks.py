"""What beat asks of the patients' department in every clinic."""

import logging

from celery import shared_task

from apps.core import clock
from apps.core.connection import on_platform
from apps.patients import review
from apps.patients.documents import scanning, tidying
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
    """Beat's part of it; what nobody needs any more goes from a suspended clinic too."""
    return in_every_clinic(tidy_documents, suspended=True)


@shared_task(base=ClinicTask, name="patients.scan_again")
def scan_again() -> int:
    """Ask again about documents whose scan was given up; how many."""
    return 0 if on_platform() else scanning.ask_again(at=clock.now())


@shared_task(name="patients.scan_again_in_every_clinic")
def scan_again_in_every_clinic() -> int:
    """Beat's part of it."""
    return in_every_clinic(scan_again)


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
    """Delete the files of imports that have lain here long enough; how many."""
    return 0 if on_platform() else importing.empty_old(at=clock.now())


@shared_task(name="patients.empty_old_imports_in_every_clinic")
def empty_old_imports_in_every_clinic() -> int:
    """Beat's part, in suspended clinics too."""
    return in_every_clinic(empty_old_imports, suspended=True)


@shared_task(base=ClinicTask, name="patients.go_on_with_imports")
def go_on_with_imports() -> int:
    """Let imports go on that were left half done; how many."""
    return 0 if on_platform() else steps.go_on(at=clock.now())


@shared_task(name="patients.go_on_with_imports_in_every_clinic")
def go_on_with_imports_in_every_clinic() -> int:
    """Beat's part."""
    return in_every_clinic(go_on_with_imports)
