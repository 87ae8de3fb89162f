"""Cards on plastic (CR80: 85.6 × 54 mm) and on paper, ten to a sheet. Codes hold the patient's number only."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.clinic import profile
from apps.clinic.models import ClinicProfile
from apps.core.clock import day_of
from apps.core.refusals import Conflict, Refusal
from apps.core.typesetting import barcode, qr_code, typeset
from apps.patients.cards import issuing
from apps.patients.models import BirthOnCard, CardDesign, IdCard, Patient, Sex

HERE = Path(__file__).parent
ON_A_SHEET = 10


class CardVoid(Conflict):
    code = "card_void"

    def __init__(self) -> None:
        super().__init__(_("This card is void; print the one that took its place."))


class BadSheet(Refusal):
    code = "bad_sheet"
    field = "cards"

    def __init__(self) -> None:
        super().__init__(_("Choose from one to ten cards."))


def card_pdf(card: IdCard, *, at: datetime) -> bytes:
    """One card for the card printer: a page a side, exactly as large as the card. Raises CardVoid."""
    return _pdf([card], sheet=False, at=at)


def sheet_pdf(cards: Sequence[IdCard], *, at: datetime) -> bytes:
    """Up to ten cards on a sheet, to be cut along its lines. Raises BadSheet, CardVoid."""
    if not 1 <= len(cards) <= ON_A_SHEET:
        raise BadSheet
    return _pdf(cards, sheet=True, at=at)


def _pdf(cards: Sequence[IdCard], *, sheet: bool, at: datetime) -> bytes:
    if any(card.voided_at is not None for card in cards):
        raise CardVoid
    clinic, design = profile.current(), issuing.design()
    with override(clinic.locale.split("-")[0]):
        data = {
            "title": _("Patient card") if not sheet else _("Patient cards"),
            "lang": clinic.locale.split("-")[0],
            "paper": "us-letter" if clinic.locale.upper().endswith(("-US", "-CA", "-MX")) else "a4",
            "sheet": sheet,
            "back": design.has_back and not sheet,
            "clinic": {"name": clinic.name, "lines": _return_to(clinic)},
            "words": {"card": _("Patient card"), "found": _("If found, please return to")},
            "cards": [_card(card, clinic, design) for card in cards],
        }
        return typeset(HERE / "card.typ", data, at=at)


def _card(card: IdCard, clinic: ClinicProfile, design: CardDesign) -> dict[str, Any]:
    patient = card.patient
    return {
        "name": patient.full_name,
        "number": patient.number,
        "facts": _facts(patient, design),
        "qr": qr_code(patient.number),
        "qr_alt": _("QR code of %(number)s") % {"number": patient.number},
        "barcode": barcode(patient.number),
        "barcode_alt": _("Bar code of %(number)s") % {"number": patient.number},
        "serial": card.serial,
        "issued": date_format(day_of(card.issued_at, clinic.zone), "j M Y"),
    }


def _facts(patient: Patient, design: CardDesign) -> list[list[str]]:
    facts = []
    if born := _born(patient, design):
        facts.append([_("Born"), born])
    if design.shows_sex and patient.sex != Sex.UNKNOWN:
        facts.append([_("Sex"), str(patient.get_sex_display())])
    if design.shows_blood_group and patient.blood_group:
        facts.append([_("Blood group"), str(patient.get_blood_group_display())])
    return facts


def _born(patient: Patient, design: CardDesign) -> str:
    born: date | None = patient.birth_date
    if born is None or design.birth == BirthOnCard.NONE:
        return ""
    if patient.birth_date_estimated or design.birth == BirthOnCard.YEAR:
        return str(born.year)
    return date_format(born, "j M Y")


def _return_to(clinic: ClinicProfile) -> list[str]:
    lines = [line.strip() for line in clinic.address.splitlines()]
    return [line for line in (*lines, clinic.phone) if line]
