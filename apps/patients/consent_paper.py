"""A signed consent on paper: the text, the signature, who and when, its hash, and a code that leads to its proof."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.clinic import profile
from apps.core.typesetting import qr_code, typeset
from apps.patients.consents import BOX
from apps.patients.models import PatientConsent
from apps.patients.models.consents import Decision, SignedHow

TEMPLATE = Path(__file__).parent / "consent.typ"


def consent_pdf(consent: PatientConsent, *, address: str, at: datetime) -> bytes:
    """A PDF/UA-1 of the consent; `address` is what its code opens. Ask with the form, witness and patient loaded."""
    with override(profile.current().locale.split("-")[0]):
        data = _data(consent, address)
    return typeset(TEMPLATE, data, at=at)


def signature_svg(drawing: str) -> str:
    """The strokes as a picture. The path holds nothing but M, L and numbers (consents.STROKES)."""
    width, height = BOX
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<path d="{drawing}" fill="none" stroke="#1b2430" stroke-width="3" stroke-linecap="round"'
        ' stroke-linejoin="round"/></svg>'
    )


def _data(consent: PatientConsent, address: str) -> dict[str, Any]:
    clinic, form, patient = profile.current(), consent.form, consent.patient
    agreed = consent.decision == Decision.AGREED
    facts = [
        [_("Answer"), consent.get_decision_display()],
        [_("Signed by"), f"{consent.signer_name} ({consent.get_signed_by_display()})"],
        [_("How"), consent.get_method_display()],
        [_("When"), _moment(consent.at, clinic.zone)],
        [_("Witness"), consent.witness.full_name],
    ]
    if agreed and consent.expires_on:
        facts.append([_("Expires"), date_format(consent.expires_on, "j M Y")])
    if consent.reason:
        facts.append([_("Reason"), consent.reason])
    if consent.is_revoked:
        revocation = consent.revocation
        facts.append([_("Revoked"), f"{_moment(revocation.at, clinic.zone)}: {revocation.reason}"])
    drawn = consent.method == SignedHow.DRAWN
    return {
        "lang": form.language.split("-")[0],
        "paper": "us-letter" if clinic.locale.upper().endswith(("-US", "-CA", "-MX")) else "a4",
        "clinic": {"name": clinic.name, "lines": [line for line in clinic.address.splitlines() if line.strip()]},
        "footer": " · ".join(part for part in (clinic.name, clinic.phone, patient.number) if part),
        "title": form.title,
        "below": _("Version %(n)s") % {"n": form.version},
        "stamp": _("Revoked") if consent.is_revoked else "" if agreed else _("Refused"),
        "patient": [patient.full_name, patient.number]
        + ([date_format(patient.birth_date, "j M Y")] if patient.birth_date else []),
        "paragraphs": [part.strip() for part in form.body.split("\n\n") if part.strip()],
        "facts": facts,
        "signature": signature_svg(consent.signature["drawing"]) if drawn else "",
        "signature_alt": _("Signature drawn by hand"),
        "typed": "" if drawn else consent.signature["name"],
        "digest": consent.digest,
        "text_digest": consent.text_sha256,
        "qr": qr_code(address),
        "qr_alt": _("Code that leads to the proof of this consent"),
        "words": {
            "patient": _("Patient"),
            "digest": _("SHA-256 of the signed consent"),
            "text_digest": _("SHA-256 of the text"),
            "proof": _("The code opens the proof that nothing was changed since."),
        },
    }


def _moment(moment: datetime, zone: Any) -> str:
    local = moment.astimezone(zone)
    return f"{date_format(local, 'j M Y H:i')} {local.tzname()}"
