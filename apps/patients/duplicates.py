"""Who may be the same person: compared before somebody is registered, so that nobody gets two charts.

Points for and against, added up. The same name and birth date are enough; a shared phone and family name are not:
families share both. Whoever has the same national id is the same person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core import blind_index
from apps.patients.models import Patient, Sex
from apps.patients.models.persons import records_of

ENOUGH = 60
MOST_COMPARED = 150
MOST_SHOWN = 8
# What is compared: nothing else of a patient needs to be fetched or opened for it.
COMPARED = (
    *("given_name", "family_name", "preferred_name", "birth_date", "sex"),
    *("phone", "other_phone", "email", "national_id"),
)
SOUNDS = (
    *(("ksh", "x"), ("ks", "x"), ("sch", "s"), ("sh", "s"), ("ch", "c"), ("ck", "k"), ("ph", "f"), ("th", "t")),
    *(("dh", "d"), ("bh", "b"), ("gh", "g"), ("kh", "k"), ("c", "k"), ("w", "v"), ("z", "s"), ("q", "k")),
)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A known patient, how much speaks for them being the same person (60 is enough), and what does."""

    patient: Patient
    points: int
    reasons: tuple[str | Promise, ...]


def compare(details: dict[str, Any], *, today: date | None = None, besides: Patient | None = None) -> list[Duplicate]:
    """Known patients who may be the person with these details, the likeliest first, each with points and reasons.

    `details` may be untidy or incomplete; `besides` is left out.
    """
    details = {name: value for name, value in details.items() if value not in (None, "")}
    found = []
    for patient in _candidates(details, besides):
        points, reasons = weigh(details, patient, today)
        if points >= ENOUGH:
            found.append(Duplicate(patient, points, tuple(reasons)))
    return _in_use(sorted(found, key=lambda duplicate: -duplicate.points))[:MOST_SHOWN]


def _in_use(found: list[Duplicate]) -> list[Duplicate]:
    """Who looks like a record that was merged is the person of the record in use."""
    merged = {duplicate.patient.merged_into_id for duplicate in found} - {None}
    survivors = Patient.objects.in_bulk(merged) if merged else {}
    shown: dict[UUID, Duplicate] = {}
    for one in found:
        patient = survivors.get(one.patient.merged_into_id, one.patient)
        shown.setdefault(patient.pk, Duplicate(patient, one.points, one.reasons))
    return list(shown.values())


def details_of(patient: Patient, *, today: date) -> dict[str, Any]:
    """A known patient's details as they are compared with another's."""
    details = {name: getattr(patient, name) for name in COMPARED}
    if patient.birth_date_estimated:
        details |= {"birth_date": None, "age": patient.age_on(today)}
    return {name: value for name, value in details.items() if value not in (None, "")}


def _candidates(details: dict[str, Any], besides: Patient | None) -> Iterable[Patient]:
    given, family = str(details.get("given_name", "")), str(details.get("family_name", ""))
    born, national_id = details.get("birth_date"), details.get("national_id")
    phones = [str(details[name]) for name in ("phone", "other_phone") if name in details]
    beginnings = blind_index.name_tokens(*(word[:2] for word in blind_index.words(f"{given} {family}")))
    sure = Q(pk__in=[])
    if isinstance(born, date) and beginnings:
        sure |= Q(birth_token=blind_index.birth_token(born), name_tokens__overlap=beginnings)
    for phone in phones:
        if (token := blind_index.phone_query(phone)) is not None and beginnings:
            sure |= Q(phone_tokens__contains=[token], name_tokens__overlap=beginnings)
    if national_id:
        sure |= Q(national_id_token=blind_index.national_id_token(str(national_id)))
    known = Patient.objects.exclude(pk__in=records_of(besides)) if besides else Patient.objects.all()
    patients = {patient.pk: patient for patient in known.filter(sure).recent_first()[:MOST_COMPARED]}
    if namesakes := blind_index.name_query(f"{given} {family}"):
        same = known.filter(name_tokens__contains=namesakes)
        patients |= {patient.pk: patient for patient in same.recent_first()[:MOST_COMPARED]}
    return patients.values()


def weigh(details: dict[str, Any], patient: Patient, today: date | None) -> tuple[int, list[str | Promise]]:
    """How much speaks for these details being this patient's (60 is enough), and what does."""
    points, reasons = 0, list[str | Promise]()
    for more, reason in (
        _same_national_id(details, patient),
        _same_names(details, patient),
        _same_birth(details, patient, today),
        _same_phone(details, patient),
        _same_email(details, patient),
        _same_sex(details, patient),
    ):
        points += more
        if reason:
            reasons.append(reason)
    return points, reasons


Finding = tuple[int, str | Promise]
NOTHING: Finding = (0, "")


def _same_national_id(details: dict[str, Any], patient: Patient) -> Finding:
    theirs, mine = (
        "".join(blind_index.words(str(number))) for number in (patient.national_id, details.get("national_id", ""))
    )
    if not theirs or not mine:
        return NOTHING
    return (200, _("same national id")) if theirs == mine else (-20, "")


def _same_names(details: dict[str, Any], patient: Patient) -> Finding:
    given, family = _folded(details.get("given_name")), _folded(details.get("family_name"))
    their_given, their_family = _folded(patient.given_name), _folded(patient.family_name)
    if (given, family) == (their_given, their_family):
        return 60 if family else 45, _("same name")
    if family and (given, family) == (their_family, their_given):
        return 55, _("same name, the other way round")
    if _alike(given, their_given) and _alike(family, their_family):
        return 45, _("similar name")
    if given == _folded(patient.preferred_name) and family == their_family:
        return 45, _("same preferred name")
    if _alike(given, their_given) and (not family or not their_family):
        return 30, _("same given name")
    if family and family == their_family:
        return (15, _("same family name")) if _short_for(given, their_given) else (-10, "")
    return NOTHING


def _same_birth(details: dict[str, Any], patient: Patient, today: date | None) -> Finding:
    theirs, age = patient.birth_date, details.get("age")
    born = details.get("birth_date")
    if not isinstance(born, date):
        if theirs is None or today is None or not isinstance(age, int):
            return NOTHING
        their_age = patient.age_on(today)
        near = their_age is not None and abs(their_age - age) <= 2
        return (10, _("similar age")) if near else (-25, "")
    if theirs is None:
        return NOTHING
    if patient.birth_date_estimated:
        return (10, _("similar age")) if abs(theirs.year - born.year) <= 2 else (-25, "")
    if theirs == born:
        return 40, _("same date of birth")
    if (theirs.year, theirs.month, theirs.day) == (born.year, born.day, born.month):
        return 25, _("date of birth with day and month exchanged")
    if _one_slip(theirs.isoformat(), born.isoformat()):
        return 10, _("date of birth differs in one figure")
    return -35, ""


def _same_phone(details: dict[str, Any], patient: Patient) -> Finding:
    mine = [str(details[name]) for name in ("phone", "other_phone") if name in details]
    theirs = [phone for phone in (patient.phone, patient.other_phone) if phone]
    same = any(blind_index.same_phone(their, my) for their in theirs for my in mine if len(blind_index.digits(my)) > 5)
    return (20, _("same phone")) if same else NOTHING


def _same_email(details: dict[str, Any], patient: Patient) -> Finding:
    email = str(details.get("email", "")).casefold()
    return (15, _("same e-mail")) if email and email == patient.email.casefold() else NOTHING


def _same_sex(details: dict[str, Any], patient: Patient) -> Finding:
    said = {details.get("sex"), patient.sex} - {None, "", Sex.UNKNOWN}
    return (-25, "") if len(said) > 1 else NOTHING


def _folded(name: Any) -> str:
    return " ".join(blind_index.words(str(name or "")))


def _alike(one: str, other: str) -> bool:
    return one == other or _short_for(one, other) or _one_slip(one, other) or _sounds_alike(one, other)


def _sounds_alike(one: str, other: str) -> bool:
    """Laxmi and Lakshmi, Mohammed and Muhamad, Priya and Pria: spelled by ear, from another script."""
    return min(len(one), len(other)) > 3 and one[0] == other[0] and _sound(one) == _sound(other)


def _sound(name: str) -> str:
    """The consonants of a name as they sound alike; the first letter as it is."""
    for written, heard in SOUNDS:
        name = name.replace(written, heard)
    consonants = [letter for letter in name[1:] if letter not in "aeiouy"]
    return name[:1] + "".join(
        letter for letter, before in zip(consonants, ["", *consonants], strict=False) if letter != before
    )


def _short_for(one: str, other: str) -> bool:
    """ "R" or "Raj" for "Rajesh"."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def _one_slip(one: str, other: str) -> bool:
    """One letter wrong, missing, added, or two exchanged, in a word of at least four."""
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, other_rest = one[start:], other[start:]
    if not rest or not other_rest:
        return True
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])
    )
