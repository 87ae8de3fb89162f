"""The people of every story: see tests/README.md. `cast` puts them into both clinics, `api` gives one a token."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache as shared_cache
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import tokens
from apps.accounts.models import Role, RoleHolder, User
from tests.conftest import clinic_of

PASSWORD = "a long walk by the river"
RIVERSIDE = {
    "ada": ("Ada Mensah", "clinic_admin"),
    "sara": ("Sara Lindqvist", "front_desk"),
    "shah": ("Dr Ravi Shah", "provider"),
    "bela": ("Bela Novak", "billing_manager"),
    "cato": ("Cato Ruiz", "cashier"),
    "nia": ("Nia Okafor", "nurse"),
    "olu": ("Olu Adeyemi", "compliance_officer"),
}
LAKESIDE = {"lena": ("Lena Brandt", "clinic_admin")}


@dataclass(frozen=True)
class Cast:
    """Riverside's staff, one of each role, and the outsider: Lena, clinic admin of Lakeside."""

    ada: User
    sara: User
    shah: User
    bela: User
    cato: User
    nia: User
    olu: User
    lena: User

    def by_role(self) -> dict[str, User]:
        """Role code → who holds it at Riverside."""
        return {role: getattr(self, name) for name, (_, role) in RIVERSIDE.items()}

    def __iter__(self) -> Any:
        return (getattr(self, field.name) for field in fields(self))


@pytest.fixture(autouse=True)
def nobody_has_guessed_yet() -> None:
    """Limits on sign-in are counted in the cache, which no rollback empties."""
    shared_cache.clear()


@pytest.fixture
def cast(riverside: Any, lakeside: Any) -> Cast:
    return Cast(**{name: copy(person) for name, person in _everybody().items()})


@cache
def _everybody() -> dict[str, User]:
    """As the template has them, of which every database of the tests is a copy."""
    people: dict[str, User] = {}
    for slug, members in (("riverside", RIVERSIDE), ("lakeside", LAKESIDE)):
        with clinic_of(slug).inside(actor="cast"):
            people |= people_of(slug, members)
    return people


def people_of(slug: str, members: dict[str, tuple[str, str]]) -> dict[str, User]:
    """These people of the clinic that was entered, by the names that stories call them."""
    found = User.objects.in_bulk([f"{name}@{slug}.example" for name in members], field_name="email")
    return {name: found[f"{name}@{slug}.example"] for name in members}


@contextmanager
def ada_at_work() -> Iterator[User]:
    """Inside Riverside, with Ada acting."""
    riverside = clinic_of("riverside")
    with riverside.inside():
        ada = User.objects.get(email="ada@riverside.example")
    with riverside.inside(by=ada):
        yield ada


def settle(slug: str) -> None:
    """Let the new clinic that was entered have its people, who know PASSWORD. Its first admin is one of them."""
    members = {"riverside": RIVERSIDE, "lakeside": LAKESIDE}[slug]
    at, known = timezone.now(), make_password(PASSWORD)
    User.objects.all().delete()
    people = User.objects.bulk_create(
        User(
            email=f"{name}@{slug}.example",
            full_name=words,
            password=known,
            joined_at=at,
            is_staff=role == "clinic_admin",
        )
        for name, (words, role) in members.items()
    )
    groups = dict(Role.objects.values_list("code", "group_id"))
    RoleHolder.objects.bulk_create(
        RoleHolder(user=person, group_id=groups[role])
        for person, (_, role) in zip(people, members.values(), strict=True)
    )


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """`api(riverside, cast.sara)` calls Riverside's API as Sara; without a person, as a stranger."""

    def caller(clinic: Any, person: User | None = None) -> APIClient:
        client = APIClient(headers={"host": clinic.host})
        if person is not None:
            with clinic.inside(by=person):
                pair = tokens.begin(person, at=timezone.now())
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
        return client

    return caller
