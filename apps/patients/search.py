"""Find a patient by any of: beginnings of names, phone, date of birth, patient number. Together they narrow.

Blind tokens fetch candidates; each is opened and compared, so that nobody appears who does not fit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from apps.clinic import profile
from apps.core import blind_index
from apps.core.clock import day_of, now
from apps.patients.models import NUMBER_SERIES, Patient, PatientQuerySet
from apps.patients.spelling import day_within, spelled_day

# What a line of a list shows; the rest of a patient is not even fetched.
LINE = (
    "number",
    "given_name",
    "middle_name",
    "family_name",
    "preferred_name",
    "sex",
    "birth_date",
    "birth_date_estimated",
    "phone",
    "other_phone",
    "is_vip",
    "is_blocked",
    "is_active",
    "merged_into",
    "last_activity_at",
    "version",
    "tenant_id",
)
LONGEST_QUERY = 120
MOST_OPENED = 400
FIRST_YEAR = 2000  # of patient numbers
NUMBER = re.compile(rf"{NUMBER_SERIES}[-\s]?(\d{{1,4}})(?:[-\s]?(\d*))?", re.IGNORECASE)
FIGURES = re.compile(r"[\d\s+().\-/]*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line of typed text asks for."""

    names: tuple[str, ...] = ()  # folded words, each the beginning of one of the patient's names
    number: str = ""  # the beginning of a patient number
    figures: str = ""  # a phone, a patient number without its letters, a date or a year of birth
    day: date | None = None  # spelled with its month in letters
    spelled: date | None = None  # what the figures are if they are a date

    @property
    def nothing(self) -> bool:
        return not (self.names or self.number or self.figures or self.day)


def find(
    text: str, *, limit: int = 20, inactive_too: bool = False, flag: str = "", today: date | None = None
) -> list[Patient]:
    """At most `limit` patients who fit, those dealt with last first; nobody if the text is too short to search.

    What is written on a record that was merged finds the record in use. `flag` ("is_vip", "is_blocked") asks for those
    who have it. What is not in `LINE` is fetched when touched. `today`, the clinic's day, decides what "84" means.
    """
    here = profile.current()
    wanted = understand(text, locale=here.locale, today=today or day_of(now(), here.zone))
    candidates = _candidates(wanted, inactive_too=inactive_too)
    if candidates is None:
        return []
    if flag:
        candidates = candidates.filter(Q(**{flag: True}) | Q(merged_into__isnull=False))
    found: dict[UUID, Patient | None] = {}  # by the record in use; None where only an old one was met so far
    for patient in _in_steps(candidates.only(*LINE).recent_first(), first=limit * 2):
        if _fits(patient, wanted):
            found[patient.merged_into_id or patient.pk] = None if patient.merged_into_id else patient
            if len(found) == limit:
                break
    in_use = _in_use(found, inactive_too=inactive_too)
    return [patient for patient in in_use if getattr(patient, flag)] if flag else in_use


def understand(text: str, *, locale: str, today: date) -> Wanted:
    """Sort a typed line into names, number, figures and dates."""
    text = blind_index.plain_figures(text[:LONGEST_QUERY]).strip()
    number = ""
    if match := NUMBER.fullmatch(text):
        year, rest = match.groups()
        return Wanted(number="-".join(part for part in (NUMBER_SERIES, year, rest) if part))
    day, text = day_within(text, locale=locale, today=today)
    names: list[str] = []
    figures: list[str] = []
    for chunk in text.split():
        if NUMBER.fullmatch(chunk):
            number = understand(chunk, locale=locale, today=today).number
        elif FIGURES.fullmatch(chunk):
            figures.append(chunk)
        else:
            names += blind_index.words(chunk)
    together = " ".join(figures)
    return Wanted(
        names=tuple(names),
        number=number,
        figures=together if blind_index.digits(together) else "",
        day=day,
        spelled=spelled_day(together, locale=locale, today=today) if together else None,
    )


def _candidates(wanted: Wanted, *, inactive_too: bool) -> PatientQuerySet | None:
    """The rows that may fit; None if nothing narrows them."""
    patients: PatientQuerySet = Patient.objects.all()
    if not inactive_too:
        patients = patients.filter(Q(is_active=True) | Q(merged_into__isnull=False))
    narrowed = False
    if tokens := blind_index.name_query(" ".join(wanted.names)):
        patients, narrowed = patients.filter(name_tokens__contains=tokens), True
    if wanted.number:
        patients, narrowed = patients.filter(number__startswith=wanted.number), True
    if wanted.day:
        patients, narrowed = patients.filter(birth_token=blind_index.birth_token(wanted.day)), True
    if wanted.figures and not (tokens and _may_be_year(wanted.figures)):
        choices = _by_figures(wanted)
        if choices is None:
            return None
        patients, narrowed = patients.filter(choices), True
    return patients if narrowed else None


def _in_use(found: dict[UUID, Patient | None], *, inactive_too: bool) -> list[Patient]:
    """One more query, and only where somebody was found by a record that was merged."""
    missing = [pk for pk, patient in found.items() if patient is None]
    survivors = Patient.objects.only(*LINE).in_bulk(missing) if missing else {}
    patients = [patient or survivors[pk] for pk, patient in found.items()]
    return [patient for patient in patients if inactive_too or patient.is_active]


def _in_steps(candidates: PatientQuerySet, *, first: int) -> Iterator[Patient]:
    """Nearly always the first few are enough; the rest is fetched only if too many of them did not fit."""
    step = list(candidates[:first])
    yield from step
    if len(step) == first:
        yield from candidates[first:MOST_OPENED]


def _by_figures(wanted: Wanted) -> Q | None:
    """Figures may be a phone, the end of a patient number, or a date; whichever of them they can be is looked for."""
    choices = Q(number__in=_numbers(wanted.figures)) if _numbers(wanted.figures) else Q()
    phone = blind_index.phone_query(wanted.figures)
    if phone is not None:
        choices |= Q(phone_tokens__contains=[phone])
    if wanted.spelled:
        choices |= Q(birth_token=blind_index.birth_token(wanted.spelled))
    return choices or None


def _numbers(figures: str) -> list[str]:
    """The patient numbers that these figures may stand for: "42", "00042", "2026-42", "202600042"."""
    typed = blind_index.digits(figures)
    if not typed or figures.strip()[0] in "+(":
        return []
    numbers = []
    if match := re.fullmatch(r"(20\d\d)[-/ ]?(\d{1,8})", figures.strip()):
        numbers.append(f"{NUMBER_SERIES}-{match[1]}-{int(match[2]):05d}")
    if len(typed) <= 7 and int(typed):
        last = FIRST_YEAR + 100
        numbers += [f"{NUMBER_SERIES}-{year}-{int(typed):05d}" for year in range(FIRST_YEAR, last)]
    return numbers


def _may_be_year(figures: str) -> bool:
    return bool(re.fullmatch(r"(18|19|20)\d\d", figures.strip()))


def _fits(patient: Patient, wanted: Wanted) -> bool:
    if wanted.names and not _has_names(patient, wanted.names):
        return False
    if wanted.day and patient.birth_date != wanted.day:
        return False
    return not wanted.figures or _has_figures(patient, wanted)


def _has_names(patient: Patient, names: tuple[str, ...]) -> bool:
    """Each typed word begins a name of its own: "ann an" is not satisfied by one "Anna"."""
    spoken = blind_index.words(f"{patient.full_name} {patient.preferred_name}")
    for word in sorted(names, key=len, reverse=True):
        match = next((name for name in spoken if name.startswith(word)), None)
        if match is None:
            return False
        spoken.remove(match)
    return True


def _has_figures(patient: Patient, wanted: Wanted) -> bool:
    if patient.number in _numbers(wanted.figures):
        return True
    if wanted.spelled and patient.birth_date == wanted.spelled and not patient.birth_date_estimated:
        return True
    if wanted.names and _may_be_year(wanted.figures) and patient.birth_date:
        year: int = patient.birth_date.year
        if year == int(wanted.figures):
            return True
    if len(blind_index.digits(wanted.figures)) < blind_index.PHONE_ENDINGS[0]:
        return False
    return any(blind_index.same_phone(phone, wanted.figures) for phone in (patient.phone, patient.other_phone))
