"""Show a document to somebody outside for a while: by a link that ends, can be taken back, and tells who came.

The token travels behind the # of the address, which browsers never send: it reaches us in the body of a POST only, so
no log of ours, of a proxy or of the sender's mail filter holds it. We keep its HMAC under the clinic's index key, and
the PIN's likewise. Whatever is wrong with a link, the answer is the same.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.reads import record_read
from apps.core.refusals import Conflict, NotFound, Refusal
from apps.core.sealed_files import OpenedFile
from apps.patients.documents import scanning, vault
from apps.patients.models import Document, DocumentShare, DocumentVersion, ShareOpening

LONGEST, MOST_DOWNLOADS, LONGEST_RECIPIENT = timedelta(days=90), 50, 150
LONGEST_TOKEN = 100
Outcome = ShareOpening.Outcome


class BadShare(Refusal):
    code = "bad_share"


class NothingToShare(Conflict):
    code = "nothing_to_share"
    message = _("Only documents in use can be shared.")


class RevokedAlready(Conflict):
    code = "share_revoked"
    message = _("This link was revoked already.")


class LinkOver(NotFound):
    """One answer for a wrong, expired, revoked or used-up link and for a wrong PIN: nobody learns which it was."""

    code = "link_over"
    message = _("This link does not work. Perhaps it is over, or the PIN is wrong. Ask whoever sent it for a new one.")


@dataclass(frozen=True, slots=True)
class Given:
    """A new link's secrets, shown once."""

    share: DocumentShare
    token: str
    pin: str


def share(
    version: DocumentVersion,
    *,
    recipient: str,
    days: int,
    most_downloads: int = 5,
    with_pin: bool = True,
    by: User,
    at: datetime,
) -> Given:
    """Make a link to this version for somebody outside. Raises BadShare, NothingToShare, Infected, NotScannedYet."""
    recipient = " ".join(recipient.split())
    if not recipient or len(recipient) > LONGEST_RECIPIENT:
        raise BadShare(_("Say for whom the link is, in 150 letters or less."), field="recipient")
    if not 1 <= days <= LONGEST.days:
        raise BadShare(_("A link lives from 1 to 90 days."), field="days")
    if not 1 <= most_downloads <= MOST_DOWNLOADS:
        raise BadShare(_("From 1 to 50 downloads."), field="most_downloads")
    token, pin = secrets.token_urlsafe(32), f"{secrets.randbelow(10**6):06d}" if with_pin else ""
    with transaction.atomic():
        document = Document.objects.select_for_update(no_key=True).get(pk=version.document_id)
        if not document.is_current:
            raise NothingToShare
        scanning.refuse_unsafe(version)
        made = DocumentShare(
            patient_id=version.patient_id,
            version=version,
            recipient=recipient,
            token_hash=vault.keyed("share", token),
            expires_at=at + timedelta(days=days),
            most_downloads=most_downloads,
            created_at=at,
            created_by=by,
        )
        made.pin_hash = _pin_hash(made, pin) if pin else b""
        made.save(force_insert=True)
    return Given(made, token, pin)


def revoke(share: DocumentShare, *, by: User, at: datetime) -> DocumentShare:
    """Take a link back; it stops at once. Raises RevokedAlready."""
    with transaction.atomic():
        share = DocumentShare.objects.select_for_update(no_key=True).get(pk=share.pk)
        if share.revoked_at is not None:
            raise RevokedAlready
        share.revoked_at, share.revoked_by = at, by
        share.save(update_fields=["revoked_at", "revoked_by"])
    return share


def look(token: str, pin: str, *, ip: str, at: datetime) -> DocumentShare:
    """What somebody with a link (and its PIN) may fetch. Recorded. Raises LinkOver."""
    with transaction.atomic():
        found = _found(token, pin, ip=ip, at=at)
        if found is not None:
            _note(found, Outcome.SHOWN, ip=ip, at=at)
    if found is None:  # raised out here, so that what was noted about the attempt stays
        raise LinkOver
    return found


def fetch(token: str, pin: str, *, ip: str, at: datetime) -> tuple[DocumentShare, OpenedFile]:
    """The file itself, counted. Raises LinkOver, FileDamaged."""
    with transaction.atomic():
        found = _found(token, pin, ip=ip, at=at)
        if found is not None:
            file = vault.opened(found.version)
            found.downloads += 1
            found.save(update_fields=["downloads"])
            _note(found, Outcome.DOWNLOADED, ip=ip, at=at)
    if found is None:
        raise LinkOver
    return found, file


def _found(token: str, pin: str, *, ip: str, at: datetime) -> DocumentShare | None:
    """The share that this token and PIN open. One at a time for a link: guesses cannot be made side by side."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    rows = DocumentShare.objects.select_for_update(no_key=True, of=("self",)).select_related("version__document")
    found = rows.filter(token_hash=vault.keyed("share", token)).first()
    if found is None:
        return None
    usable = found.version.document.is_current and found.version.may_be_opened
    if found.is_over(at) or not usable:
        _note(found, Outcome.OVER, ip=ip, at=at)
        return None
    if found.pin_hash and not hmac.compare_digest(bytes(found.pin_hash), _pin_hash(found, pin.strip())):
        if pin.strip():  # an empty field is nobody's guess
            found.wrong_pins += 1
            found.save(update_fields=["wrong_pins"])
            _note(found, Outcome.WRONG_PIN, ip=ip, at=at)
        return None
    return found


def _note(share: DocumentShare, outcome: Outcome, *, ip: str, at: datetime) -> None:
    ShareOpening.objects.create(patient_id=share.patient_id, share=share, outcome=outcome, ip=ip or None, at=at)
    if outcome in (Outcome.SHOWN, Outcome.DOWNLOADED):
        record_read(share.patient_id, f"shared:{share.version.document_id}")


def _pin_hash(share: DocumentShare, pin: str) -> bytes:
    return vault.keyed("pin", f"{share.pk}|{pin}")
