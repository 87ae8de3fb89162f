"""File a document, bring a new version of it, correct what is said about it, take it out of use. Nothing is deleted."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import IO, Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.blind_index import tag_token
from apps.core.clock import day_of
from apps.core.ids import new_id
from apps.core.refusals import Conflict, Refusal
from apps.patients.documents import kinds, scanning, vault
from apps.patients.documents.kinds import BadFile
from apps.patients.models import Category, Document, DocumentStatus, DocumentVersion, Patient
from apps.patients.models.persons import in_use, records_of
from apps.patients.registration import note_activity

MOST_TAGS, LONGEST_TAG, LONGEST_TITLE, LONGEST_REASON = 12, 30, 150, 300
EARLIEST = date(1900, 1, 1)


class Upload(Protocol):
    """What a browser sent: an uploaded file of Django's."""

    @property
    def name(self) -> Any: ...
    @property
    def size(self) -> Any: ...
    @property
    def file(self) -> Any: ...


class BadDocument(Refusal):
    code = "bad_document"


class AlreadyFiled(Conflict):
    """`document` is the one that holds this very file."""

    code = "already_filed"
    field = "file"
    message = _("This very file is kept already.")

    def __init__(self, document: Document) -> None:
        super().__init__(details={"document": str(document.pk)})
        self.document = document


class NotCurrent(Conflict):
    code = "document_not_current"
    message = _("This document is no longer current. Bring it back into use first.")


class AlreadyCurrent(Conflict):
    code = "document_current"
    message = _("This document is in use already.")


class ReasonMissing(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why.")


def file_document(
    patient: Patient,
    *,
    upload: Upload,
    category: str = Category.OTHER,
    title: str = "",
    tags: Iterable[str] = (),
    dated_on: date | None = None,
    by: User,
    at: datetime,
) -> Document:
    """File a paper of a patient. Without a title it is called as its file; without a date it is of today.

    Raises BadFile (wrong kind, empty, too large, odd name), BadDocument, AlreadyFiled.
    """
    today = day_of(at, profile.current().zone)
    patient = in_use(patient)
    document = Document(patient=patient, filed_at=at, filed_by=by)
    name, _kind = _looked_at(upload)
    _describe(
        document,
        {
            "title": title.strip() or name.rsplit(".", 1)[0],
            "category": category,
            "tags": list(tags),
            "dated_on": dated_on or today,
        },
        today=today,
    )
    with transaction.atomic():
        version = _first_look(document, upload)
        _lock_patient(patient)
        _refuse_twin(version)
        document.save(force_insert=True)
        _take_in(version, upload, n=1, by=by, at=at)
        note_activity(patient, at=at)
    return document


def add_version(document: Document, *, upload: Upload, by: User, at: datetime) -> DocumentVersion:
    """Bring a newer file of a document: the corrected report, the better scan. Older versions stay.

    Raises BadFile, NotCurrent, AlreadyFiled.
    """
    version = _first_look(document, upload)
    with transaction.atomic():
        _lock_patient(document.patient)
        document = _locked(document)
        if not document.is_current:
            raise NotCurrent
        _refuse_twin(version)
        newest = document.versions.order_by("-n").values_list("n", flat=True).first() or 0
        return _take_in(version, upload, n=newest + 1, by=by, at=at)


def amend(document: Document, *, by: User, at: datetime, **changes: Any) -> Document:
    """Correct title, category, tags or date. Raises BadDocument."""
    with transaction.atomic():
        document = _locked(document)
        _describe(document, changes, today=day_of(at, profile.current().zone))
        document.save(update_fields=[*changes, *(["tag_tokens"] if "tags" in changes else [])])
    return document


def supersede(document: Document, *, reason: str = "", by: User, at: datetime) -> Document:
    """A newer document has taken this one's place. Raises NotCurrent."""
    return _close(document, DocumentStatus.SUPERSEDED, reason, by=by, at=at)


def enter_in_error(document: Document, *, reason: str, by: User, at: datetime) -> Document:
    """It should not be here: another patient's, the wrong file. It leaves the lists; nothing is erased.

    Raises ReasonMissing, NotCurrent if it was entered in error before.
    """
    if not reason.strip():
        raise ReasonMissing
    return _close(document, DocumentStatus.ENTERED_IN_ERROR, reason, by=by, at=at)


def reinstate(document: Document, *, by: User, at: datetime) -> Document:
    """Bring a document back into use. Raises AlreadyCurrent, AlreadyFiled."""
    with transaction.atomic():
        _lock_patient(document.patient)
        document = _locked(document)
        if document.is_current:
            raise AlreadyCurrent
        if document.is_in_error:  # as long as it was, the same file could be brought again
            for version in document.versions.all():
                _refuse_twin(version)
        document.status, document.status_at, document.status_by = DocumentStatus.CURRENT, None, None
        document.status_reason = ""
        document.save(update_fields=["status", "status_at", "status_by", "status_reason"])
    return document


def _close(document: Document, status: DocumentStatus, reason: str, *, by: User, at: datetime) -> Document:
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_REASON:
        raise ReasonMissing(_("Say it in 300 letters or less."))
    with transaction.atomic():
        document = _locked(document)
        if document.is_in_error or document.status == status:
            raise NotCurrent
        document.status, document.status_reason = status, reason
        document.status_at, document.status_by = at, by
        document.save(update_fields=["status", "status_reason", "status_at", "status_by"])
    return document


def _describe(document: Document, changes: dict[str, Any], *, today: date) -> None:
    for name, value in changes.items():
        setattr(document, name, _CHECKS[name](value, today))
    if "tags" in changes:
        document.tag_tokens = sorted({tag_token(tag) for tag in document.tags})


def _title(title: str, today: date) -> str:
    title = " ".join(title.split())
    if not title:
        raise BadDocument(_("Give the document a title."), field="title")
    if len(title) > LONGEST_TITLE:
        raise BadDocument(_("The title is too long: 150 letters at most."), field="title")
    return title


def _category(category: str, today: date) -> str:
    if category not in Category.values:
        raise BadDocument(_("Choose a kind of document."), field="category")
    return category


def _tags(tags: Iterable[str], today: date) -> list[str]:
    tidy = {" ".join(tag.casefold().split()): " ".join(tag.split()) for tag in tags if tag.strip()}
    if len(tidy) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tidy):
        raise BadDocument(_("At most 12 tags of 30 letters each."), field="tags")
    return list(tidy.values())


def _dated_on(day: date, today: date) -> date:
    if not EARLIEST <= day <= today:
        raise BadDocument(_("The date must lie between 1900 and today."), field="dated_on")
    return day


_CHECKS: dict[str, Any] = {"title": _title, "category": _category, "tags": _tags, "dated_on": _dated_on}


def _looked_at(upload: Upload) -> tuple[str, kinds.Kind]:
    """The file's tidy name and its kind. Raises BadFile."""
    name = kinds.tidy_name(str(upload.name or ""))
    if not upload.size:
        raise BadFile(_("The file is empty."), code="file_empty")
    if upload.size > settings.HPMS_LARGEST_DOCUMENT:
        most = settings.HPMS_LARGEST_DOCUMENT // 1024 // 1024
        raise BadFile(_("The file is too large: %(most)d MB at most.") % {"most": most}, code="file_too_large")
    kind = kinds.kind_of(upload.file, name)
    return kinds.named_for(kind, name), kind


def _first_look(document: Document, upload: Upload) -> DocumentVersion:
    """A version that says what the file is; not saved, and the file not kept yet."""
    name, kind = _looked_at(upload)
    sha256 = vault.checksum(upload.file)
    return DocumentVersion(
        id=new_id(),
        patient_id=document.patient_id,
        document=document,
        file_name=name,
        media_type=kind.media_type,
        size=upload.size,
        sha256=sha256,
        digest_hash=vault.keyed("digest", sha256),
        storage_name=vault.new_name(),
    )


def _refuse_twin(version: DocumentVersion) -> None:
    """A double click, or the same scan brought twice. One that was entered in error does not count."""
    records = records_of(version.patient_id)
    twins = DocumentVersion.objects.filter(patient__in=records, digest_hash=version.digest_hash)
    twin = twins.exclude(document__status=DocumentStatus.ENTERED_IN_ERROR).select_related("document").first()
    if twin is not None:
        raise AlreadyFiled(twin.document)


def _take_in(version: DocumentVersion, upload: Upload, *, n: int, by: User, at: datetime) -> DocumentVersion:
    """Keep the file, then write its row. Should the row be refused, the file is an orphan that `tidying` removes."""
    version.n, version.uploaded_by, version.uploaded_at = n, by, at
    version.wrapped = vault.keep(_stream(upload), version=version.pk, name=version.storage_name)
    version.scan = scanning.state_of_new()
    version.save(force_insert=True)
    scanning.ask_for(version)
    return version


def _stream(upload: Upload) -> IO[bytes]:
    stream: IO[bytes] = upload.file
    return stream


def _lock_patient(patient: Patient) -> None:
    """One filing at a time for a patient: of two that bring the same file, the second sees the first."""
    Patient.objects.select_for_update(no_key=True).only("pk").get(pk=patient.pk)


def _locked(document: Document) -> Document:
    return Document.objects.select_for_update(no_key=True, of=("self",)).select_related("patient").get(pk=document.pk)
