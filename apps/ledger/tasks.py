"""The workers' part of the ledger: the books of every clinic are proved once a night."""

from celery import shared_task

from apps.core import clock
from apps.core.connection import on_platform
from apps.ledger.checking import running
from apps.tenants.tasks import ClinicTask, in_every_clinic


@shared_task(base=ClinicTask, name="ledger.check_books")
def check_books() -> bool:
    """Prove the books of one clinic, if it is past its night and this night's check was not made. Whether it was."""
    if on_platform():  # the platform keeps no books
        return False
    return running.check_tonight(at=clock.now()) is not None


@shared_task(name="ledger.check_books_in_every_clinic")
def check_books_in_every_clinic() -> int:
    """Beat's part of it: every hour, because clinics have their nights at different times."""
    return in_every_clinic(check_books)
