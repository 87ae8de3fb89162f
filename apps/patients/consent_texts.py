"""The texts of consents: written as drafts, published once and for all, withdrawn, and followed by new versions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.refusals import Conflict
from apps.patients.consents import text_sha256
from apps.patients.details import BadDetails, Words
from apps.patients.models import ConsentForm

DETAILS = ("title", "body", "language", "scope", "is_required", "valid_months", "asks_again")


class PublishedAlready(Conflict):
    code = "consent_form_published"
    message = _("A published text does not change any more. Write a new version.")


class WithdrawnAlready(Conflict):
    code = "consent_form_withdrawn"
    message = _("This text has been withdrawn already.")


class DraftOpen(Conflict):
    code = "consent_form_has_draft"
    message = _("There is a draft of this form in this language already. Publish or discard it first.")


class NotPublished(Conflict):
    code = "consent_form_not_published"
    message = _("Only a published text has new versions and is withdrawn.")


def draft(*, by: User, at: datetime, **details: Any) -> ConsentForm:
    """Begin a new form. Raises BadDetails."""
    form = ConsentForm(created_by=by, created_at=at)
    _fill(form, details)
    with transaction.atomic():
        form.save(force_insert=True)
    return form


def amend(form: ConsentForm, *, by: User, at: datetime, **changes: Any) -> ConsentForm:
    """Change a draft. Raises PublishedAlready, BadDetails."""
    with transaction.atomic():
        form = _draft(form)
        _fill(form, changes)
        with _one_a_language():
            form.save()
    return form


def discard(form: ConsentForm, *, by: User, at: datetime) -> None:
    """Throw a draft away: nobody has signed it. Raises PublishedAlready."""
    with transaction.atomic():
        _draft(form).delete()


def publish(form: ConsentForm, *, by: User, at: datetime) -> ConsentForm:
    """From now on this text is signed; earlier versions in its language are withdrawn. Raises PublishedAlready."""
    with transaction.atomic():
        form = _draft(form)
        earlier = ConsentForm.objects.select_for_update().published()
        for text in earlier.filter(series=form.series, language=form.language):
            text.withdrawn_at, text.withdrawn_by = at, by
            text.save(update_fields=["withdrawn_at", "withdrawn_by"])
        form.published_at, form.published_by = at, by
        form.save(update_fields=["published_at", "published_by"])
    return form


def next_version(form: ConsentForm, *, by: User, at: datetime, language: str = "") -> ConsentForm:
    """A draft that follows this text; or, in another language, one that translates it.

    Raises NotPublished, DraftOpen.
    """
    with transaction.atomic():
        form = _locked(form)
        if form.is_draft:
            raise NotPublished
        translates = bool(language) and language != form.language
        texts = ConsentForm.objects.filter(series=form.series)
        newest = max(text.version for text in texts)
        version = form.version if translates else newest + 1
        language = language or form.language
        if any(text.is_draft and text.language == language for text in texts):
            raise DraftOpen
        follower = ConsentForm(series=form.series, version=version, created_by=by, created_at=at)
        _fill(follower, {**{name: getattr(form, name) for name in DETAILS}, "language": language})
        with _one_a_language():
            follower.save(force_insert=True)
    return follower


def withdraw(form: ConsentForm, *, by: User, at: datetime) -> ConsentForm:
    """Nobody is asked for this text any more; what was signed stays valid. Raises NotPublished, WithdrawnAlready."""
    with transaction.atomic():
        form = _locked(form)
        if form.is_draft:
            raise NotPublished
        if form.withdrawn_at is not None:
            raise WithdrawnAlready
        form.withdrawn_at, form.withdrawn_by = at, by
        form.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return form


def _draft(form: ConsentForm) -> ConsentForm:
    form = _locked(form)
    if not form.is_draft:
        raise PublishedAlready
    return form


def _locked(form: ConsentForm) -> ConsentForm:
    return ConsentForm.objects.select_for_update().get(pk=form.pk)


def _fill(form: ConsentForm, details: dict[str, Any]) -> None:
    if unknown := set(details) - set(DETAILS):
        raise TypeError(f"A consent form has no {', '.join(sorted(unknown))}.")
    for name, value in details.items():
        setattr(form, name, _tidy(value) if isinstance(value, str) else value)
    errors: dict[str, Words] = {}
    try:
        form.clean_fields(exclude=["sha256"])
    except ValidationError as error:
        errors = {name: found[0].messages[0] for name, found in error.error_dict.items()}
    if form.valid_months is not None and not errors and not 1 <= form.valid_months <= 240:
        errors["valid_months"] = _("Between 1 and 240 months.")
    if errors:
        raise BadDetails(errors)
    form.sha256 = text_sha256(form.title, form.body)


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\x00", "").strip().splitlines())


@contextmanager
def _one_a_language() -> Iterator[None]:
    """Two admins who begin the same version: the database lets one of them through."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "consent_form_version_once" in str(error):
            raise DraftOpen from None
        raise
