"""Virus scans: asked for when a file is filed, done by a worker, so that filing is quick and a scanner may be away."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.clinic import profile
from apps.core.refusals import Conflict, Refusal
from apps.outbox import email, outbox
from apps.patients.documents import clamd, vault
from apps.patients.models import DocumentVersion, Scan
from apps.tenants.links import absolute, urlconf

KIND = "document_scan"
FORGOTTEN_AFTER = timedelta(days=3)  # longer than the outbox tries


class Infected(Conflict):
    code = "file_infected"
    message = _("A virus was found in this file. It is kept apart and cannot be opened.")


class NotScannedYet(Conflict):
    code = "file_not_scanned"
    message = _("This file has not been scanned for viruses yet. Try again in a minute.")


def state_of_new() -> Scan:
    return Scan.PENDING if settings.HPMS_VIRUS_SCANNER else Scan.UNSCANNED


def ask_for(version: DocumentVersion) -> None:
    """Let a worker scan a new version once it is committed."""
    if version.scan == Scan.PENDING:
        outbox.put(KIND, {"version": str(version.pk)})


def ask_again(*, at: datetime) -> int:
    """Scans that were given up because the scanner was away for days; how many."""
    forgotten = DocumentVersion.objects.filter(scan=Scan.PENDING, uploaded_at__lt=at - FORGOTTEN_AFTER)
    versions = list(forgotten.only("pk", "scan")) if settings.HPMS_VIRUS_SCANNER else []
    for version in versions:
        ask_for(version)
    return len(versions)


def scan(version_id: UUID, *, at: datetime) -> Scan:
    """Ask the scanner about a version and write down what it says; the uploader of an infected file is told.

    Raises clamd.ScannerAway: the outbox tries again.
    """
    with transaction.atomic():
        version = DocumentVersion.objects.select_for_update(no_key=True).get(pk=version_id)
        if version.scan != Scan.PENDING:
            return Scan(version.scan)
        if not settings.HPMS_VIRUS_SCANNER:  # switched off meanwhile
            version.scan = Scan.UNSCANNED
        else:
            with vault.opened(version) as file:
                version.scan_found = clamd.examine(settings.HPMS_VIRUS_SCANNER, file.chunks())
            version.scan, version.scanned_at = (Scan.INFECTED if version.scan_found else Scan.CLEAN), at
        version.save(update_fields=["scan", "scanned_at", "scan_found"])
        if version.is_infected:
            _tell_uploader(version)
    return Scan(version.scan)


def refuse_unsafe(version: DocumentVersion) -> None:
    """Raises Infected or NotScannedYet where a file may not be opened."""
    refusal: type[Refusal] | None = None
    if version.is_infected:
        refusal = Infected
    elif not version.may_be_opened:
        refusal = NotScannedYet
    if refusal is not None:
        raise refusal


def _tell_uploader(version: DocumentVersion) -> None:
    """By e-mail, which names neither patient nor file."""
    uploaded = version.uploaded_at.astimezone(profile.current().zone)
    email.send(
        "document_infected",
        to=version.uploaded_by.email,
        context={
            "person": version.uploaded_by.full_name,
            "uploaded": f"{uploaded:%Y-%m-%d %H:%M %Z}",
            "url": absolute(reverse("patients:document", urlconf(), args=[version.document_id])),
        },
    )
