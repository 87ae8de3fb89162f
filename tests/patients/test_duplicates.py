"""Who may be the same person, and who only shares a family."""

from datetime import date
from typing import Any

import pytest

from apps.patients.duplicates import compare
from apps.patients.models import Patient
from tests.patients.factories import PatientFactory

pytestmark = pytest.mark.usefixtures("inside_riverside")
TODAY = date(2026, 3, 2)
ASHA: dict[str, Any] = {
    "given_name": "Asha",
    "family_name": "Sharma",
    "sex": "female",
    "birth_date": date(1984, 3, 12),
    "phone": "+91 98450 12345",
}


def likely(details: dict[str, Any]) -> list[Patient]:
    return [duplicate.patient for duplicate in compare(details, today=TODAY)]


@pytest.mark.parametrize(
    "differs",
    [
        {},
        {"phone": ""},
        {"birth_date": None},
        {"birth_date": None, "phone": ""},
        {"given_name": "asha", "family_name": "SHARMA"},
        {"given_name": "Áshà"},
        {"given_name": "Sharma", "family_name": "Asha"},
        {"given_name": "Ahsa"},
        {"family_name": "Sharmaa"},
        {"given_name": "A"},
        {"birth_date": date(1984, 12, 3)},
        {"birth_date": date(1984, 3, 13)},
        {"sex": "unknown"},
        {"birth_date": None, "age": 42},
        {"phone": "098450-12345", "birth_date": None},
    ],
)
def test_the_same_person_written_differently_is_noticed(differs: dict[str, Any]) -> None:
    known = PatientFactory(**ASHA)
    assert likely({**ASHA, **differs}) == [known]


@pytest.mark.parametrize(
    "differs",
    [
        {"given_name": "Ravi", "sex": "male", "birth_date": date(1980, 1, 1)},
        {"given_name": "Ravi", "sex": "male", "birth_date": None},
        {"given_name": "Kiran", "birth_date": date(2019, 7, 9)},
        {"given_name": "Kiran"},  # a twin
        {"given_name": "Meena", "family_name": "Rao"},
        {"birth_date": date(2011, 6, 1), "phone": ""},
        {"birth_date": None, "age": 3, "phone": ""},
        {"given_name": "Bhavna", "family_name": "Desai", "birth_date": date(1971, 1, 1), "phone": ""},
    ],
)
def test_family_members_and_strangers_are_not(differs: dict[str, Any]) -> None:
    PatientFactory(**ASHA)
    assert likely({**ASHA, **differs}) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("Laxmi", "Lakshmi"), ("Mohammed", "Muhamad"), ("Priya", "Pria"), ("Sheikh", "Shaik"), ("Viktor", "Victor")],
)
def test_names_spelled_by_ear_are_noticed(one: str, other: str) -> None:
    known = PatientFactory(**{**ASHA, "given_name": one})
    assert likely({**ASHA, "given_name": other}) == [known]


def test_a_national_id_is_certain_and_says_why() -> None:
    known = PatientFactory(**ASHA, national_id="1234 5678")
    found = compare({"given_name": "Anybody", "national_id": "12345678"}, today=TODAY)
    assert [(duplicate.patient, duplicate.points >= 100) for duplicate in found] == [(known, True)]
    assert [str(reason) for reason in found[0].reasons] == ["same national id"]


def test_the_likeliest_comes_first() -> None:
    similar = PatientFactory(**{**ASHA, "given_name": "Ashaa"})
    same = PatientFactory(**ASHA)
    assert likely(ASHA) == [same, similar]


def test_nobody_is_compared_with_themselves() -> None:
    known = PatientFactory(**ASHA)
    assert compare(ASHA, today=TODAY, besides=known) == []


def test_deactivated_patients_are_compared_too() -> None:
    from apps.accounts.models import User
    from apps.patients.registration import deactivate
    from tests.patients.factories import REGISTERED

    fred = User.objects.create_user("fred@riverside.example", full_name="Fred Front")
    known = deactivate(PatientFactory(**ASHA), by=fred, at=REGISTERED, reason="Moved away")
    assert likely(ASHA) == [known]
