"""The work list of likely duplicates: the register compared with itself."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.outbox.models import Message
from apps.patients import merging, registration, review
from apps.patients.models import DuplicatePair, DuplicateSearch, Patient
from tests.patients.factories import PatientFactory

AT = timezone.now()
ASHA: dict[str, Any] = {"given_name": "Asha", "family_name": "Sharma", "birth_date": date(1984, 3, 12)}

pytestmark = pytest.mark.usefixtures("inside_riverside")


def listed() -> set[frozenset[Any]]:
    return {frozenset((pair.one_id, pair.other_id)) for pair in DuplicatePair.objects.to_review()}


def pair(*patients: Patient) -> frozenset[Any]:
    return frozenset(patient.pk for patient in patients)


def whole_register() -> None:
    review.ask_for_all(at=AT)
    while not review.compare_step(at=AT):
        pass


def test_the_whole_register_is_compared_and_goes_on_where_it_stopped(monkeypatch: Any) -> None:
    monkeypatch.setattr(review, "BATCH", 2)
    monkeypatch.setattr(review, "BATCHES_A_STEP", 1)
    first = PatientFactory(**ASHA)
    same_birth = PatientFactory(**{**ASHA, "given_name": "Aasha"})
    same_phone = PatientFactory(**{**ASHA, "birth_date": None, "family_name": "Sharmaa"}, phone=first.phone)
    PatientFactory(**{**ASHA, "given_name": "Meena", "birth_date": date(1990, 1, 1)}, phone=first.phone)
    for number in range(4):
        PatientFactory(given_name=f"Zoya{number}x", family_name="Other", birth_date=date(1950 + number, 1, 1))
    review.ask_for_all(at=AT)
    review.ask_for_all(at=AT)  # twice is once
    assert Message.objects.filter(kind=review.KIND).count() == 1
    steps = 0
    while not review.compare_step(at=AT):
        steps += 1
    assert steps >= 3
    assert listed() >= {pair(first, same_birth), pair(first, same_phone)}
    assert all(Patient.objects.get(given_name__isnull=False, pk=pk) for both in listed() for pk in both)
    assert DuplicateSearch.objects.get().compared == 8


def test_who_was_registered_or_amended_since_is_compared_and_nobody_twice() -> None:
    PatientFactory(**ASHA, at=AT)
    whole_register()
    assert listed() == set()
    again = PatientFactory(**ASHA, at=AT + timedelta(minutes=1))
    other = PatientFactory(given_name="Noor", family_name="Khan", at=AT + timedelta(minutes=1), birth_date=None)
    review.compare_recent(at=AT + timedelta(minutes=2))
    review.compare_recent(at=AT + timedelta(minutes=3))
    assert len(listed()) == 1
    registration.amend(again, by=None, at=AT + timedelta(minutes=4), given_name="Zubin", sex="male")  # type: ignore[arg-type]
    registration.amend(
        other,
        by=None,  # type: ignore[arg-type]
        at=AT + timedelta(minutes=4),
        given_name="Asha",
        family_name="Sharma",
        birth_date=date(1984, 3, 12),
    )
    review.compare_recent(at=AT + timedelta(minutes=5))
    (found,) = listed()
    assert other.pk in found
    assert again.pk not in found


def test_who_was_told_apart_is_not_offered_again_unless_it_is_taken_back(cast: Any) -> None:
    with pytest.raises(registration.LikelyDuplicate):
        PatientFactory(**ASHA)
        registration.register(by=None, at=AT, refuse_duplicates=True, **ASHA)
    PatientFactory(**ASHA)
    whole_register()
    found = DuplicatePair.objects.get()
    review.dismiss(found, by=cast, at=AT)
    with pytest.raises(review.AlreadyJudged):
        review.dismiss(found, by=cast, at=AT)
    whole_register()
    assert listed() == set()
    review.take_back(found, by=cast, at=AT)
    assert len(listed()) == 1


def test_merged_and_deactivated_records_leave_the_list(cast: Any) -> None:
    one, other = PatientFactory(**ASHA), PatientFactory(**ASHA)
    whole_register()
    fact = merging.merge(one, other, by=cast, at=AT, reason="Twice")
    assert listed() == set()
    merging.separate(fact, by=cast, at=AT, reason="Two people")
    assert listed() == {pair(one, other)}
    registration.deactivate(other, by=cast, at=AT, reason="Moved")
    assert listed() == set()


@pytest.fixture
def cast() -> Any:
    from apps.accounts.models import User

    return User.objects.create_user("ada@review.example", full_name="Ada")
