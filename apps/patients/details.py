"""What may be written about a person: tidied where that is harmless, refused in words where it makes no sense."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core import blind_index
from apps.core.refusals import Refusal
from apps.patients.models import BloodGroup, Patient, Sex

Words = str | Promise

OLDEST = 130  # years
PHONE = re.compile(r"\+?[\d\s().\-/]+")
# They come along when something is copied, and turn the rest of a line around or part words unseen.
UNSEEN = dict.fromkeys([0x00AD, 0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")


class BadDetails(Refusal):
    """Details that cannot be right. `errors` holds a sentence for each field, never what was typed."""

    code = "invalid_details"

    def __init__(self, errors: dict[str, Words]) -> None:
        self.errors = errors
        field, message = next(iter(errors.items()))
        super().__init__(message, field=field, details={"fields": {name: str(text) for name, text in errors.items()}})

    def by_field(self) -> dict[str, Words]:
        return self.errors


def checked(details: dict[str, Any], *, today: date, of: Patient | None = None) -> dict[str, Any]:
    """The details, tidied; of a new patient, or as changes of a known one. `today` is the clinic's day.

    `age` (completed years) may stand for `birth_date`. Raises BadDetails with every field that is wrong.
    """
    if unknown := set(details) - set(CLEANERS) - {"age", "birth_date"}:
        raise TypeError(f"A patient has no {', '.join(sorted(unknown))}.")
    tidy: dict[str, Any] = {}
    errors: dict[str, Words] = {}
    for name, value in details.items():
        if name in CLEANERS:
            try:
                tidy[name] = CLEANERS[name](value)
            except ValidationError as error:
                errors[name] = error.message
    try:
        tidy |= _birth(details, today)
    except ValidationError as error:
        errors["birth_date" if details.get("birth_date") else "age"] = error.message
    for name, words in _together({**_known(of), **tidy}):
        errors.setdefault(name, words)
    if errors:
        raise BadDetails(errors)
    return tidy


def _known(patient: Patient | None) -> dict[str, Any]:
    names = (
        "given_name",
        "is_blocked",
        "blocked_reason",
        "emergency_name",
        "emergency_phone",
        "emergency_relationship",
    )
    return {name: getattr(patient, name) for name in names} if patient else {}


def _together(whole: dict[str, Any]) -> list[tuple[str, Words]]:
    """What single fields cannot know."""
    wrong: list[tuple[str, Words]] = []
    if not whole.get("given_name"):
        wrong.append(("given_name", _("Write at least one name.")))
    if whole.get("is_blocked") and not whole.get("blocked_reason"):
        wrong.append(("blocked_reason", _("Say why this patient is blocked.")))
    if not whole.get("emergency_name") and (whole.get("emergency_phone") or whole.get("emergency_relationship")):
        wrong.append(("emergency_name", _("Say who should be called.")))
    return wrong


def _birth(details: dict[str, Any], today: date) -> dict[str, Any]:
    born, age = details.get("birth_date"), details.get("age")
    if born and age not in (None, ""):
        raise ValidationError(_("Give the date of birth or the age, not both."))
    if age not in (None, ""):
        if isinstance(age, bool) or not isinstance(age, int) or not 0 <= age <= OLDEST:
            raise ValidationError(_("An age is a whole number of years, from 0 to 130."))
        return {"birth_date": _years_before(today, age), "birth_date_estimated": True}
    if "birth_date" not in details:
        return {}
    if born:
        if type(born) is not date:
            raise ValidationError(_("Write the date of birth as a day, month and year."))
        if born > today:
            raise ValidationError(_("This date of birth is in the future."))
        if born < _years_before(today, OLDEST):
            raise ValidationError(_("Nobody is that old: check the year."))
    return {"birth_date": born or None, "birth_date_estimated": False}


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def _line(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("Write words here."))
    text = " ".join(unicodedata.normalize("NFC", value).translate(UNSEEN).split())
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co"} for sign in text):
        raise ValidationError(_("This holds signs that cannot be read."))
    return text


def _paragraphs(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("Write words here."))
    return "\n".join(_line(line) for line in value.strip().splitlines())


def _within(name: str, clean: Callable[[Any], str]) -> Callable[[Any], str]:
    longest: int = getattr(Patient._meta.get_field(name), "max_length")  # noqa: B009 - typed for fields only

    def cleaned(value: Any) -> str:
        text = clean("" if value is None else value)
        if len(text) > longest:
            raise ValidationError(_("This is too long."))
        return text

    return cleaned


def _name(value: Any) -> str:
    text = _line(value)
    if text and not any(unicodedata.category(sign)[0] == "L" for sign in text):
        raise ValidationError(_("A name has letters."))
    # Figures may stand in it: "Pius 2nd", and what another system has numbered ("Maynard46", as imported).
    if set(text) & set("<>{}@#$%^*=|\\"):
        raise ValidationError(_("A name has letters, no signs."))
    return text


def _figures(value: Any) -> str:
    """A number or an address that machines read: no sign in it that nobody sees."""
    return "".join(sign for sign in _line(value) if unicodedata.category(sign) != "Cf")


def _phone(value: Any) -> str:
    text = _figures(value)
    if text and not (PHONE.fullmatch(text) and 3 <= len(blind_index.digits(text)) <= 15):
        raise ValidationError(_("A phone number has 3 to 15 digits, perhaps with a + before them."))
    return text


def _email(value: Any) -> str:
    text = _figures(value)
    if text:
        try:
            validate_email(text)
        except ValidationError:
            raise ValidationError(_("This is not an e-mail address.")) from None
    return text


def _national_id(value: Any) -> str:
    text = _figures(value)
    if text and not blind_index.words(text):
        raise ValidationError(_("A national id has letters or figures."))
    return text


def _language(value: Any) -> str:
    text = _line(value).lower().replace("_", "-")
    if text and not LANGUAGE.fullmatch(text):
        raise ValidationError(_("Choose a language."))
    return text


def _one_of(codes: list[str]) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        if value not in codes:
            raise ValidationError(_("Choose one of the list."))
        return str(value)

    return clean


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(_("Answer yes or no."))
    return value


_KINDS: dict[Callable[[Any], str], tuple[str, ...]] = {
    _name: ("given_name", "middle_name", "family_name", "preferred_name", "emergency_name"),
    _phone: ("phone", "other_phone", "emergency_phone"),
    _email: ("email",),
    _line: ("city", "state", "postal_code", "country", "emergency_relationship", "blocked_reason"),
    _paragraphs: ("address", "notes"),
    _national_id: ("national_id",),
    _language: ("preferred_language",),
}
CLEANERS: dict[str, Callable[[Any], Any]] = {
    **{name: _within(name, clean) for clean, names in _KINDS.items() for name in names},
    "sex": _one_of(list(Sex.values)),
    "blood_group": _one_of(["", *BloodGroup.values]),
    "is_vip": _yes_or_no,
    "is_blocked": _yes_or_no,
}
