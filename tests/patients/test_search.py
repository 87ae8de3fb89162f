"""Finding patients by names, phone, birth date and number; dates in many spellings."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.patients.models import Patient
from apps.patients.registration import deactivate, note_activity
from apps.patients.search import find
from apps.patients.spelling import spelled_day
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory

TODAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def people(inside_riverside: Any) -> dict[str, Patient]:
    return {
        "asha": PatientFactory(phone="+91 98450 12345"),
        "ravi": PatientFactory(
            given_name="Ravi",
            middle_name="Kumar",
            sex="male",
            birth_date=date(1990, 12, 1),
            phone="",
            other_phone="080-2222 3333",
        ),
        "jurgen": PatientFactory(
            given_name="Jürgen", family_name="O'Brien-Łuk", birth_date=date(1956, 5, 6), phone="+91 98450 12345"
        ),
        "patricia": PatientFactory(given_name="Patricia", family_name="Ng", preferred_name="Pat", birth_date=None),
        "meena": PatientFactory(given_name="Meena", family_name="", age=40, phone="06 12 34 56 78", at=AT),
    }


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("as", {"asha"}),
        ("ASHA", {"asha"}),
        ("sharma", {"asha", "ravi"}),
        ("asha sh", {"asha"}),
        ("sha as", {"asha"}),
        ("sharma asha ravi", set()),
        ("kumar", {"ravi"}),
        ("jurgen", {"jurgen"}),
        ("Jürgen OBRIEN", {"jurgen"}),
        ("luk", {"jurgen"}),
        ("pat", {"patricia"}),
        ("pat pat", {"patricia"}),
        ("ng", {"patricia"}),
        ("ashaxyz", set()),
        ("sharmaxyzab", set()),
        ("a", set()),
        ("", set()),
        ("%", set()),
        ("'; DROP TABLE patients_patient; --", set()),
        ("9845012345", {"asha", "jurgen"}),
        ("+91 98450 12345", {"asha", "jurgen"}),
        ("098450 12345", {"asha", "jurgen"}),
        ("00919845012345", {"asha", "jurgen"}),
        ("2345", {"asha", "jurgen"}),
        ("asha 2345", {"asha"}),
        ("12345 sharma", {"asha"}),
        ("22223333", {"ravi"}),
        ("080 2222 3333", {"ravi"}),
        ("0612345678", {"meena"}),
        ("+33 6 12 34 56 78", {"meena"}),
        ("345", set()),
        ("12/3/1984", {"asha"}),
        ("12.03.84", {"asha"}),
        ("12-03-1984", {"asha"}),
        ("1984-03-12", {"asha"}),
        ("12031984", {"asha"}),
        ("120384", {"asha"}),
        ("12 Mar 1984", {"asha"}),
        ("March 12, 1984", {"asha"}),
        ("sharma 12 march 1984", {"asha"}),
        ("sharma 1/12/1990", {"ravi"}),
        ("asha 1/12/1990", set()),
        ("sharma 1990", {"ravi"}),
        ("asha 1990", set()),
        ("PAT-2026-00001", {"asha"}),
        ("pat-2026-00002", {"ravi"}),
        ("PAT-2026-0000", {"asha", "ravi", "jurgen", "patricia", "meena"}),
        ("PAT-2026-00001 ravi", set()),
        ("ravi PAT-2026-00002", {"ravi"}),
        ("2026-3", {"jurgen"}),
        ("202600003", {"jurgen"}),
        ("3", {"jurgen"}),
        ("00004", {"patricia"}),
        ("PAT-२०२६-००००१", {"asha"}),
        ("pat-٢٠٢٦-٠٠٠٠٢", {"ravi"}),
        ("२०२६-३", {"jurgen"}),
        ("sharma १९९०", {"ravi"}),
        ("٢٣٤٥", {"asha", "jurgen"}),
        ("१२/३/१९८४", {"asha"}),
        ("\u202a+91 98450 12345\u202c", {"asha", "jurgen"}),
    ],
)
def test_what_is_typed_finds_exactly_whom_it_fits(people: dict[str, Patient], typed: str, found: set[str]) -> None:
    names = {patient.pk: name for name, patient in people.items()}
    assert {names[patient.pk] for patient in find(typed, today=TODAY)} == found


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("مُحَمَّد", "محمد"),
        ("محمد", "مُحَمَّد"),
        ("أحمد", "احمد"),
        ("محـمد", "محمد"),
        ("علی\u200cرضا", "علیرضا"),
        ("علیرضا", "علی\u200cرضا"),
        ("דָּוִד", "דוד"),
        ("As\u200bha", "asha"),
    ],
)
def test_names_are_found_without_the_marks_that_not_everybody_types(
    inside_riverside: Any, written: str, typed: str
) -> None:
    known = PatientFactory(given_name=written)
    assert find(typed, today=TODAY) == [known]


def test_those_dealt_with_last_come_first_and_the_list_ends(people: dict[str, Patient]) -> None:
    note_activity(people["ravi"], at=AT + timedelta(days=1))
    assert [patient.given_name for patient in find("sharma", today=TODAY)] == ["Ravi", "Asha"]
    assert [patient.given_name for patient in find("sharma", limit=1, today=TODAY)] == ["Ravi"]


def test_an_estimated_birth_date_is_not_found_as_a_date(people: dict[str, Patient]) -> None:
    estimated = people["meena"].birth_date
    assert find(estimated.isoformat(), today=TODAY) == []


def test_deactivated_patients_are_found_only_when_asked_for(people: dict[str, Patient]) -> None:
    fred = User.objects.create_user("fred@riverside.example", full_name="Fred Front")
    deactivate(people["asha"], by=fred, at=AT, reason="Moved away")
    assert find("asha", today=TODAY) == []
    assert [patient.pk for patient in find("asha", inactive_too=True, today=TODAY)] == [people["asha"].pk]


def test_a_search_opens_nothing_but_its_lines(people: dict[str, Patient]) -> None:
    found = find("asha", today=TODAY)[0]
    assert {"notes", "address", "national_id"} <= found.get_deferred_fields()


def test_a_search_is_one_query_however_many_fit(people: dict[str, Patient]) -> None:
    from django.db import connection

    for _ in range(2):
        with CaptureQueriesContext(connection) as one:
            find("asha", today=TODAY)
        with CaptureQueriesContext(connection) as three:
            find("PAT-2026-0000", today=TODAY)
    assert len(one) == len(three) == 1


@pytest.mark.django_db
def test_the_outsiders_patient_is_never_found(riverside: ClinicUnderTest, lakeside: ClinicUnderTest) -> None:
    with lakeside.inside():
        PatientFactory(given_name="Olivia", family_name="Outsider", phone="+1 212 555 0147")
    with riverside.inside():
        for typed in ("olivia", "outsider", "212 555 0147", "PAT-2026-00001", "12/3/1984", "3/12/1984", "1"):
            assert find(typed, inactive_too=True, today=TODAY) == []


@pytest.mark.parametrize(
    ("text", "locale", "day"),
    [
        ("3/12/1984", "en-us", date(1984, 3, 12)),
        ("3/12/1984", "en-in", date(1984, 12, 3)),
        ("13/12/1984", "en-us", date(1984, 12, 13)),
        ("12/13/1984", "en-in", date(1984, 12, 13)),
        ("84/12/3", "ja", date(1984, 12, 3)),
        ("1984.12.3", "en-us", date(1984, 12, 3)),
        ("3 December 1984", "en-us", date(1984, 12, 3)),
        ("Dec 3 1984", "en-in", date(1984, 12, 3)),
        ("3.Dec.84", "de", date(1984, 12, 3)),
        ("03121984", "en-in", date(1984, 12, 3)),
        ("19841203", "en-in", date(1984, 12, 3)),
        ("१२/०३/१९८४", "hi", date(1984, 3, 12)),
        ("1/1/25", "en-in", date(2025, 1, 1)),
        ("1/1/27", "en-in", date(1927, 1, 1)),
        ("29/2/2023", "en-in", None),
        ("31/4/1984", "en-in", None),
        ("12/03", "en-in", None),
        ("12/03/1084", "en-in", None),
        ("12/03/2084", "en-in", None),
        ("99999999", "en-in", None),
        ("Brumaire 3 1984", "en-in", None),
        ("", "en-in", None),
    ],
)
def test_dates_in_many_spellings(text: str, locale: str, day: date | None) -> None:
    assert spelled_day(text, locale=locale, today=TODAY) == day
