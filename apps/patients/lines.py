"""A patient on one line, ready to be shown: worked out in Python, because templates are slow at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf.locale import LANG_INFO
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.blind_index import digits
from apps.patients.models import Patient

# Languages of which Django has no name, or one in English only.
RARER = (
    {"as": "অসমীয়া", "gu": "ગુજરાતી", "kn": "ಕನ್ನಡ", "or": "ଓଡ଼ିଆ", "pa": "ਪੰਜਾਬੀ", "sd": "سنڌي", "si": "සිංහල"}
    | {"am": "አማርኛ", "ku": "Kurdî", "ps": "پښتو", "so": "Soomaali", "tl": "Tagalog", "yo": "Yorùbá", "zu": "isiZulu"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """What the desk needs to tell one patient from another."""

    pk: UUID
    number: str
    name: str
    called: str  # only if it is not the given name
    initials: str
    born: str
    age: str
    sex: str
    phone: str
    is_active: bool
    is_vip: bool
    is_blocked: bool
    is_merged: bool


def lines_of(patients: Iterable[Patient], *, today: date) -> list[Line]:
    """`today` is the clinic's day; ages are of that day."""
    return [line_of(patient, today=today) for patient in patients]


def line_of(patient: Patient, *, today: date) -> Line:
    preferred = patient.preferred_name
    return Line(
        pk=patient.pk,
        number=patient.number,
        name=patient.full_name,
        called=preferred if preferred != patient.given_name else "",
        initials=patient.initials,
        born=born_words(patient),
        age=age_words(patient, today),
        sex=patient.get_sex_display(),
        phone=patient.phone or patient.other_phone,
        is_active=patient.is_active,
        is_vip=patient.is_vip,
        is_blocked=patient.is_blocked,
        is_merged=patient.merged_into_id is not None,
    )


def born_words(patient: Patient) -> str:
    """The date of birth with its month in letters, which nobody can misread; "about 1984" if it was estimated."""
    born: date | None = patient.birth_date
    if born is None:
        return ""
    if patient.birth_date_estimated:
        return _("about %(year)s") % {"year": born.year}
    return date_format(born, "j M Y")


def age_words(patient: Patient, day: date) -> str:
    """Years; months for children under two, days for those under two months."""
    born: date | None = patient.birth_date
    years = patient.age_on(day)
    if born is None or years is None:
        return ""
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    if months < 2:
        days = (day - born).days
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if years < 2:
        return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}


def dialled(phone: str) -> str:
    """A phone number as a telephone wants it: figures, and the + of a country code."""
    return f"{'+' if phone.startswith('+') else ''}{digits(phone)}"


def language_words(code: str) -> str:
    """A language in its own words; the bare code if it is a rare one."""
    return RARER.get(code) or str(LANG_INFO.get(code, {}).get("name_local", code))
