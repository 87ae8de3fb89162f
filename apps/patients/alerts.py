"""What must not be overlooked about a patient: for the head of the chart and for check-in.

For whoever holds `patients.view_alerts`, the desk included: an allergy by its substance, a flag that is meant for
everybody. What is behind them (reactions, notes, conditions) is for `patients.view_record`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.patients.models import Allergy, Patient, PatientFlag
from apps.patients.models.allergies import AllergyReview
from apps.patients.models.flags import Audience, FlagTone

_TONES = {FlagTone.RED: 1, FlagTone.AMBER: 2, FlagTone.BLUE: 3}


@dataclass(frozen=True, slots=True)
class Alert:
    """`code`: blocked, allergy, or a flag's (fall_risk, interpreter …); `tone`: red, amber, blue, grey."""

    code: str
    words: str
    tone: str


class Asked(StrEnum):
    """What is known about allergies at all."""

    NOT_ASKED = "not_asked"
    NONE_KNOWN = "none_known"
    KNOWN = "known"


def alerts_of(patient: Patient, *, clinical: bool = False) -> list[Alert]:
    """The patient's alerts, the gravest first; flags for providers and nurses only if `clinical`. Two queries."""
    allergies = Allergy.objects.of_patient(patient).current()
    flags = PatientFlag.objects.of_patient(patient).on(_today())
    return _sorted(patient, list(allergies), list(flags), clinical)


def asked_about_allergies(patient: Patient) -> Asked:
    """Whether allergies are known, known not to be, or were never asked for: three different things."""
    if Allergy.objects.of_patient(patient).current().exists():
        return Asked.KNOWN
    latest = AllergyReview.objects.of_patient(patient).first()
    is_said = latest is not None and latest.answer == AllergyReview.Answer.NONE_KNOWN
    return Asked.NONE_KNOWN if is_said else Asked.NOT_ASKED


def _sorted(patient: Patient, allergies: list[Allergy], flags: list[PatientFlag], clinical: bool) -> list[Alert]:
    ranked: list[tuple[int, str, Alert]] = []
    for allergy in allergies:
        words = _("Allergy: %(substance)s") % {"substance": allergy.substance}
        ranked.append((0 if allergy.is_grave else 1, words.casefold(), Alert("allergy", words, "red")))
    if patient.is_blocked:
        words = _("Blocked: %(reason)s") % {"reason": patient.blocked_reason}
        ranked.append((2, "", Alert("blocked", words, "red")))
    for flag in flags:
        if clinical or flag.audience == Audience.EVERYBODY:
            rank = 2 + _TONES[FlagTone(flag.tone)]
            ranked.append((rank, flag.words.casefold(), Alert(flag.code, flag.words, flag.tone)))
    return [alert for *_rank, alert in sorted(ranked, key=lambda row: row[:2])]


def _today() -> date:
    return day_of(now(), profile.current().zone)
