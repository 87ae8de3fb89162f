"""Any sequence of merges, separations and amendments, against a plain model of who is whose duplicate.

`HPMS_EXAMPLES=1000` runs that many examples instead of the few of the suite.
"""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.core.refusals import Refusal
from apps.patients import merging, registration
from apps.patients.models import Patient, PatientMerge
from apps.patients.models.persons import records_of
from tests.patients.factories import REGISTERED, PatientFactory

PEOPLE = 5
FIELDS = ("phone", "other_phone", "city")
which = st.integers(0, PEOPLE - 1)
taken = st.sets(st.sampled_from(FIELDS))
steps = st.one_of(
    st.tuples(st.just("merge"), which, which, taken),
    st.tuples(st.just("separate"), st.integers(0, 20)),
    st.tuples(st.just("amend"), which, st.sampled_from(FIELDS), st.integers(0, 3)),
)


@dataclass
class Model:
    """Who was merged into whom directly, and what each record says."""

    values: list[dict[str, str]]
    into: dict[int, int] = field(default_factory=dict)
    merges: list[tuple[int, int, dict[str, tuple[str, str]]]] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)

    def root(self, one: int) -> int:
        while one in self.into:
            one = self.into[one]
        return one

    def merge(self, survivor: int, duplicate: int, take: set[str]) -> bool:
        if survivor == duplicate or survivor in self.into or duplicate in self.into:
            return False
        mine, theirs = self.values[survivor], self.values[duplicate]
        changes = {name: (mine[name], theirs[name]) for name in take if mine[name] != theirs[name]}
        self.into[duplicate] = survivor
        self.merges.append((survivor, duplicate, changes))
        mine.update({name: after for name, (_before, after) in changes.items()})
        return True

    def separate(self, number: int) -> bool:
        survivor, duplicate, changes = self.merges[number]
        if number in self.undone or survivor in self.into:
            return False
        for later, (other, _duplicate, others) in enumerate(self.merges):
            if later > number and later not in self.undone and other == survivor and set(others) & set(changes):
                return False
        self.undone.add(number)
        del self.into[duplicate]
        for name, (before, after) in changes.items():
            if self.values[survivor][name] == after:
                self.values[survivor][name] = before
        return True


def run(program: list[Any], by: User) -> None:
    people = [
        PatientFactory(given_name=f"Q{chr(97 + n)}", other_phone=f"{n}" * 7, city=f"Town {n}") for n in range(PEOPLE)
    ]
    model = Model([{name: getattr(person, name) for name in FIELDS} for person in people])
    facts: list[PatientMerge] = []
    for minute, (act, *args) in enumerate(program):
        at = REGISTERED + timedelta(minutes=minute)
        try:
            with transaction.atomic():
                done = _do(act, args, people, facts, by, at)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except Refusal:
            done = False
        if act == "merge":
            assert done == model.merge(*args)
        elif act == "separate" and facts:
            assert done == model.separate(args[0] % len(model.merges))
        elif act == "amend":
            assert done == (args[0] not in model.into)
            if done:
                model.values[args[0]][args[1]] = f"{args[2]}" * 5
        _compare(model, people)


def _do(act: str, args: list[Any], people: list[Patient], facts: list[PatientMerge], by: User, at: Any) -> bool:
    if act == "merge":
        facts.append(merging.merge(people[args[0]], people[args[1]], take=args[2], by=by, at=at, reason="Twice"))
    elif act == "separate" and facts:
        merging.separate(facts[args[0] % len(facts)], by=by, at=at, reason="Two")
    elif act == "amend":
        registration.amend(people[args[0]], by=by, at=at, **{args[1]: f"{args[2]}" * 5})
    return True


def _compare(model: Model, people: list[Patient]) -> None:
    for number, person in enumerate(people):
        fresh = Patient.objects.get(pk=person.pk)
        family = {people[other].pk for other in range(PEOPLE) if model.root(other) == model.root(number)}
        assert set(records_of(person)) == family
        assert fresh.is_active == (number not in model.into)
        assert fresh.merged_into_id == (people[model.root(number)].pk if number in model.into else None)
        assert {name: getattr(fresh, name) for name in FIELDS} == model.values[number]


@pytest.mark.usefixtures("inside_riverside")
@settings(
    max_examples=int(os.environ.get("HPMS_EXAMPLES", "12")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(program=st.lists(steps, min_size=3, max_size=14))
def test_records_follow_the_model_whatever_is_merged_and_taken_apart(program: list[Any]) -> None:
    class Back(Exception):
        """The rows of one example are not the next one's."""

    with pytest.raises(Back), transaction.atomic():
        run(program, User.objects.create_user("ada@merging.example", full_name="Ada"))
        raise Back
