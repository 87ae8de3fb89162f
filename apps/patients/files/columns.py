"""Columns of a file and what they are in the register: guessed from their names, put right by people."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.blind_index import words
from apps.core.sheets import meant
from apps.patients.details import BadDetails, checked
from apps.patients.files.column_names import KNOWN_NAMES
from apps.patients.models import NUMBER_SERIES, BloodGroup, Patient, Sex
from apps.patients.spelling import day_in_order

DETAILS = (
    *("given_name", "middle_name", "family_name", "preferred_name", "sex", "birth_date", "preferred_language"),
    *("phone", "other_phone", "email", "address", "city", "state", "postal_code", "country"),
    *("emergency_name", "emergency_relationship", "emergency_phone"),
    *("national_id", "blood_group", "notes", "is_vip", "is_blocked", "blocked_reason"),
)
# What a file may say besides: the number that this clinic gave, both names in one cell, an age.
BESIDES: dict[str, str | Promise] = {
    "number": gettext_lazy("Patient number (of this clinic)"),
    "full_name": gettext_lazy("Full name, to be parted"),
    "age": gettext_lazy("Age in years"),
}
FIELDS = ("number", "full_name", *DETAILS, "age")
DATES = {
    "dmy": gettext_lazy("day, month, year"),
    "mdy": gettext_lazy("month, day, year"),
    "ymd": gettext_lazy("year, month, day"),
}

SEXES = {
    **dict.fromkeys(
        [
            "f",
            "female",
            "w",
            "woman",
            "girl",
            "weiblich",
            "frau",
            "femme",
            "feminin",
            "femenino",
            "mujer",
            "vrouw",
            "femmina",
            "feminino",
            "ж",
            "женский",
        ],
        Sex.FEMALE,
    ),
    **dict.fromkeys(
        [
            "m",
            "male",
            "man",
            "boy",
            "mannlich",
            "maennlich",
            "mann",
            "homme",
            "masculin",
            "masculino",
            "hombre",
            "maschio",
            "м",
            "мужской",
        ],
        Sex.MALE,
    ),
    **dict.fromkeys(
        ["o", "other", "x", "d", "divers", "diverse", "nonbinary", "third", "transgender", "autre", "otro"], Sex.OTHER
    ),
    **dict.fromkeys(["", "u", "unknown", "na", "notknown", "unbekannt", "inconnu"], Sex.UNKNOWN),
}
# Beside a family name, "Name" is the given one; "Full name" is still both.
JUST_NAME = {"name"}
YES = {"yes", "y", "true", "1", "x", "ja", "oui", "si", "vip", "blocked"}
NO = {"", "no", "n", "false", "0", "nein", "non"}


class BadCell(Exception):
    """A cell that cannot be what its column is; worded, without the cell's text."""


def label_of(field: str) -> str:
    """What a field is called on the page."""
    if field in BESIDES:
        return str(BESIDES[field])
    label = str(Patient._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    if field in {"emergency_name", "emergency_phone"}:
        return _("In an emergency: %(what)s") % {"what": label}
    return label[:1].upper() + label[1:]


def guess(header: Sequence[str]) -> list[str]:
    """For each column the field that its name stands for, or "": none twice."""
    taken: set[str] = set()
    mapping = []
    # What our own export calls them, and the API.
    ours = {label_of(field).casefold(): field for field in FIELDS} | {field: field for field in FIELDS}
    for name in header:
        field = KNOWN_NAMES.get("".join(words(name)), "")
        field = field or ours.get(name.strip().casefold(), "")
        mapping.append("" if field in taken else field)
        taken.add(field)
    if "full_name" in taken and "given_name" in taken:
        mapping = ["" if field == "full_name" else field for field in mapping]
    elif "full_name" in taken and "family_name" in taken:
        is_whole = "".join(words(header[mapping.index("full_name")])) not in JUST_NAME
        left = {"family_name": ""} if is_whole else {"full_name": "given_name"}
        mapping = [left.get(field, field) for field in mapping]
    return mapping


def looks_like_data(header: Sequence[str]) -> bool:
    """Whether the first row is probably no header: nothing known, and figures or an @ in it."""
    return not any(guess(header)) and any(re.search(r"\d{3}|@", name) for name in header)


def order_of_dates(cells: Sequence[str], otherwise: str) -> str:
    """In which order the dates of a column are written, if one of them leaves no doubt."""
    for cell in cells:
        if match := re.fullmatch(r"\s*(\d{1,2})[-/.\s](\d{1,2})[-/.\s]\d{2,4}\b.*", cell):
            if int(match[1]) > 12:
                return "dmy"
            if int(match[2]) > 12:
                return "mdy"
    return otherwise


def details_of_row(
    row: Sequence[str], mapping: Sequence[str], *, date_order: str, today: date
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What a row says about a patient, and what is wrong with it: (field, words), never the cell's text.

    Empty cells say nothing. `number` stays among the details: it names a patient whom the clinic knows.
    """
    details: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    if len(row) > len(mapping) and any(cell.strip() for cell in row[len(mapping) :]):
        problems.append(("", _("This row has more cells than there are columns: is a comma not in quotation marks?")))
    for field, cell in zip(mapping, row, strict=False):
        cell = plain(cell)
        if not field or not cell:
            continue
        try:
            if field == "full_name":
                details |= _parted(cell)
            elif field == "birth_date" and re.fullmatch(r"(18|19|20)\d\d", cell):
                details["age"] = today.year - int(cell)  # nobody knows the day: kept as an estimated age
            else:
                details[field] = _READERS.get(field, _text)(cell, date_order, today)
        except BadCell as wrong:
            problems.append((field, str(wrong)))
    if details.get("birth_date"):
        details.pop("age", None)
    number = details.pop("number", None)
    try:
        # Those whose number is known need not bring their name along.
        tidy = checked({"given_name": "", **details} if number is None else details, today=today, of=_whoever(number))
    except BadDetails as refusal:
        problems += [(field, str(text)) for field, text in refusal.errors.items() if field not in dict(problems)]
        tidy = {}
    if not problems:
        details = {name: tidy.get(name, value) for name, value in details.items()}
    return details | ({"number": number} if number else {}), problems


def plain(cell: str) -> str:
    """A cell as it was meant: spreadsheets put an apostrophe before what could be a formula, and so does our export."""
    return meant(cell.strip()).strip()


def _whoever(number: str | None) -> Patient | None:
    return None if number is None else Patient(given_name="-")


def _parted(cell: str) -> dict[str, str]:
    """ "Sharma, Asha" and "Asha Devi Sharma": the last word is the family's unless a comma says otherwise."""
    if "," in cell:
        family, _comma, given = cell.partition(",")
        return {"given_name": given.strip(), "family_name": family.strip()}
    given, _space, family = cell.rpartition(" ")
    return {"given_name": given.strip() or family, "family_name": family if given else ""}


def _text(cell: str, date_order: str, today: date) -> str:
    if len(cell) > 5000:
        raise BadCell(_("This is too long."))
    return cell


def _date(cell: str, date_order: str, today: date) -> date:
    day = day_in_order(cell, order=date_order, today=today)
    if day is None:
        order = str(DATES[date_order])
        raise BadCell(_("This is no day in the order %(order)s, or lies in the future.") % {"order": order})
    return day


def _age(cell: str, date_order: str, today: date) -> int:
    if not cell.isdecimal() or len(cell) > 3:
        raise BadCell(_("An age is a whole number of years, from 0 to 130."))
    return int(cell)


def _sex(cell: str, date_order: str, today: date) -> str:
    sex = SEXES.get("".join(words(cell)))
    if sex is None:
        raise BadCell(_("Write female, male, other or unknown."))
    return str(sex.value)


def _blood_group(cell: str, date_order: str, today: date) -> str:
    text = cell.upper().replace("−", "-").replace(" ", "").replace("0", "O")
    text = re.sub(r"\(?(RH)?(POSITIVE|POS|\+VE|VE\+|\+)\)?$", "+", text)
    text = re.sub(r"\(?(RH)?(NEGATIVE|NEG|-VE|-)\)?$", "-", text)
    if text not in BloodGroup.values:
        raise BadCell(_("Write a blood group such as A+ or O-."))
    return text


def _yes_or_no(cell: str, date_order: str, today: date) -> bool:
    answer = "".join(words(cell))
    if answer not in YES | NO:
        raise BadCell(_("Write yes or no."))
    return answer in YES


def _number(cell: str, date_order: str, today: date) -> str:
    number = cell.upper()
    if not re.fullmatch(rf"{NUMBER_SERIES}-\d{{4}}-\d{{5,}}", number):
        raise BadCell(_("This is not a patient number of this clinic, such as PAT-2026-00001."))
    return number


_READERS: dict[str, Callable[[str, str, date], Any]] = {
    "birth_date": _date,
    "age": _age,
    "sex": _sex,
    "blood_group": _blood_group,
    "is_vip": _yes_or_no,
    "is_blocked": _yes_or_no,
    "number": _number,
}
