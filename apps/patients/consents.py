"""Consents: texts that are written, published and withdrawn; answers that are signed and revoked.

What was signed can be shown to be unchanged: the text's SHA-256 stands in the form and in the answer, and the answer's
digest is worked out from text, signature, signer, witness, moment and patient (`verify`).
"""

import hashlib
import json
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Conflict
from apps.patients.details import BadDetails, Words
from apps.patients.models import ConsentForm, ConsentRevocation, Patient, PatientConsent
from apps.patients.models.consents import Decision, Device, SignedBy, SignedHow
from apps.patients.registration import ReasonMissing, note_activity, refuse_inactive

# A drawn signature: strokes of whole numbers in a box of 600 by 200, as an SVG path. Nothing else can be in it.
BOX = (600, 200)
STROKES = re.compile(r"M\d{1,3} \d{1,3}(?:L\d{1,3} \d{1,3})*(?:M\d{1,3} \d{1,3}(?:L\d{1,3} \d{1,3})*)*")
POINT = re.compile(r"(\d{1,3}) (\d{1,3})")
LONGEST_SIGNATURE = 16_000
FEWEST_POINTS = 6


class NotOpen(Conflict):
    code = "consent_form_not_open"
    message = _("This text cannot be signed: it is a draft or was withdrawn. Open the current one.")


class AskedForAnother(Conflict):
    code = "consent_page_used"
    message = _("This page was used for somebody else. Open the text again and sign there.")


class RevokedAlready(Conflict):
    code = "consent_revoked"
    message = _("This consent has been revoked already.")


class NothingToRevoke(Conflict):
    code = "consent_not_given"
    message = _("The patient did not agree, so there is nothing to revoke.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether what was signed is what stands here now."""

    text_is_unchanged: bool
    signature_is_unchanged: bool

    @property
    def is_sound(self) -> bool:
        return self.text_is_unchanged and self.signature_is_unchanged


def missing_for(patient: Patient, *, at: datetime) -> list[ConsentForm]:
    """The required forms to which the patient's agreement is missing, in their language where there is such a text.

    `form.last_answer` is what they answered last: refused, revoked, expired, to an older text; or None. Two queries.
    """
    texts = list(ConsentForm.objects.filter(published_at__isnull=False))
    wanted = [text for text in texts if text.is_open and text.is_required]
    if not wanted:
        return []
    answers: dict[UUID, list[PatientConsent]] = {}
    series = {text.series for text in wanted}
    for answer in PatientConsent.objects.of_patient(patient).with_form().filter(form__series__in=series):
        answers.setdefault(answer.form.series, []).append(answer)
    day = day_of(at, profile.current().zone)
    missing = []
    for form in current_texts(texts, patient.preferred_language):
        given = answers.get(form.series, [])
        is_given = given and given[0].form.version >= _asked_since(texts, form.series) and given[0].holds_on(day)
        if form.is_required and not is_given:
            form.last_answer = given[0] if given else None
            missing.append(form)
    return missing


def current_texts(texts: list[ConsentForm], language: str) -> list[ConsentForm]:
    """Of each series the open text to sign: the newest version, in this language if there is one that still counts.
    `texts` are all that were ever published: withdrawn ones say from which version on everybody was asked again."""
    clinic = profile.current().locale.split("-")[0]
    by_series: dict[UUID, list[ConsentForm]] = {}
    for text in texts:
        if text.is_open:
            by_series.setdefault(text.series, []).append(text)
    chosen = []
    for series, open_ in by_series.items():
        newest = max(text.version for text in open_)
        asked = _asked_since(texts, series)
        own = [text for text in open_ if text.version >= asked and _reads(text, language)]
        latest = [text for text in open_ if text.version == newest]
        best = max(own, key=lambda text: text.version) if own else None
        chosen.append(best or next((text for text in latest if _reads(text, clinic)), latest[0]))
    return sorted(chosen, key=lambda text: (not text.is_required, text.title.casefold(), text.pk))


def _asked_since(texts: list[ConsentForm], series: UUID) -> int:
    """The version from which on an agreement counts."""
    return max((text.version for text in texts if text.series == series and text.asks_again), default=1)


def _reads(text: ConsentForm, language: str) -> bool:
    return bool(language) and text.language.split("-")[0] == language.split("-")[0]


def sign(
    patient: Patient,
    form: ConsentForm,
    *,
    by: User,
    at: datetime,
    asked_as: UUID,
    decision: str = Decision.AGREED,
    signer_name: str,
    signed_by: str = SignedBy.SELF,
    drawing: str = "",
    reason: str = "",
    ip: str | None = None,
    device: str = Device.COMPUTER,
) -> PatientConsent:
    """Record what the patient, or somebody for them, answered to this text; `by` is the witness.

    `drawing` is the signature's SVG path; without it the typed name is the signature. The same `asked_as` again
    answers the first time's consent. Raises NotActive, NotOpen, BadDetails.
    """
    if (known := _signed_already(patient, asked_as)) is not None:
        return known
    name, reason, drawing = _line(signer_name), _line(reason), drawing.strip()
    _refuse_nonsense(name, signed_by, drawing, decision, reason)
    with transaction.atomic():
        patient = _active(patient)
        form = ConsentForm.objects.select_for_update(no_key=True).get(pk=form.pk)
        if not form.is_open:
            raise NotOpen
        answer = PatientConsent(
            patient=patient,
            form=form,
            decision=decision,
            method=SignedHow.DRAWN if drawing else SignedHow.TYPED,
            signer_name=name,
            signed_by=signed_by,
            signature={"drawing": drawing, "name": name, "salt": secrets.token_hex(16)},
            reason=reason,
            witness=by,
            at=at,
            expires_on=_expiry(form, day_of(at, profile.current().zone)),
            ip=ip or None,
            device=device,
            text_sha256=form.sha256,
            asked_as=asked_as,
        )
        answer.digest = digest_of(answer)
        try:
            with transaction.atomic():
                answer.save(force_insert=True)
        except IntegrityError:
            if (twin := _signed_already(patient, asked_as)) is None:
                raise AskedForAnother from None
            return twin
        note_activity(patient, at=at)
    return answer


def revoke(consent: PatientConsent, *, by: User, at: datetime, reason: str) -> ConsentRevocation:
    """The patient takes their agreement back. Raises RevokedAlready, NothingToRevoke, ReasonMissing."""
    reason = _line(reason)
    if not reason:
        raise ReasonMissing
    if len(reason) > 300:
        raise ReasonMissing(_("Say it in 300 letters or less."))
    with transaction.atomic():
        Patient.objects.select_for_update(no_key=True).get(pk=consent.patient_id)
        if consent.decision != Decision.AGREED:
            raise NothingToRevoke
        if ConsentRevocation.objects.filter(consent=consent).exists():
            raise RevokedAlready
        return ConsentRevocation.objects.create(consent=consent, by=by, at=max(at, consent.at), reason=reason)


def verify(consent: PatientConsent) -> Verdict:
    """Work everything out again and compare."""
    form = consent.form
    text = text_sha256(form.title, form.body)
    return Verdict(text == consent.text_sha256 == form.sha256, digest_of(consent) == consent.digest)


def text_sha256(title: str, body: str) -> str:
    """The hash of a text, as the database checks it too."""
    return hashlib.sha256(f"{title}\n\n{body}".encode()).hexdigest()


def digest_of(consent: PatientConsent) -> str:
    """SHA-256 of all that was signed, the salt in the sealed signature included."""
    said: dict[str, Any] = {
        "text": consent.text_sha256,
        "form": str(consent.form_id),
        "patient": str(consent.patient_id),
        "decision": consent.decision,
        "signature": consent.signature,
        "signer": [consent.signer_name, consent.signed_by],
        "witness": str(consent.witness_id),
        "at": consent.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "reason": consent.reason,
    }
    return hashlib.sha256(
        json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def _signed_already(patient: Patient, asked_as: UUID) -> PatientConsent | None:
    found: PatientConsent | None = PatientConsent.objects.of_patient(patient).filter(asked_as=asked_as).first()
    return found


def _active(patient: Patient) -> Patient:
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    refuse_inactive(patient)
    return patient


def _refuse_nonsense(name: str, signed_by: str, drawing: str, decision: str, reason: str) -> None:
    errors: dict[str, Words] = {}
    if not any(unicodedata.category(sign)[0] == "L" for sign in name):
        errors["signer_name"] = _("Write the name of whoever signs.")
    elif len(name) > 150:
        errors["signer_name"] = _("This is too long.")
    if signed_by not in SignedBy.values:
        errors["signed_by"] = _("Choose one of the list.")
    if decision not in Decision.values:
        errors["decision"] = _("Choose one of the list.")
    if len(reason) > 300:
        errors["reason"] = _("Say it in 300 letters or less.")
    if drawing and (words := _wrong_drawing(drawing)):
        errors["drawing"] = words
    if errors:
        raise BadDetails(errors)


def _wrong_drawing(drawing: str) -> Words:
    if len(drawing) > LONGEST_SIGNATURE:
        return _("This signature is too large. Clear it and sign again.")
    if not STROKES.fullmatch(drawing):
        return _("This signature cannot be read. Clear it and sign again.")
    points = [(int(x), int(y)) for x, y in POINT.findall(drawing)]
    if any(x > BOX[0] or y > BOX[1] for x, y in points):
        return _("This signature cannot be read. Clear it and sign again.")
    if len(points) < FEWEST_POINTS:
        return _("This is a dot, not a signature. Sign again, or type the name.")
    return ""


def _expiry(form: ConsentForm, day: date) -> date | None:
    if form.valid_months is None:
        return None
    years, month = divmod(day.month - 1 + form.valid_months, 12)
    year, month = day.year + years, month + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError


def _line(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(sign for sign in text if unicodedata.category(sign) not in {"Cc", "Cs", "Co"})
