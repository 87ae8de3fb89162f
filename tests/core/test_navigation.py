"""Which department of the bar is "here"."""

import uuid
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import resolve

from apps.core import navigation


@pytest.mark.parametrize(
    ("path", "department"),
    [
        ("/patients/duplicates/", "Patients"),
        (f"/documents/{uuid.UUID(int=7)}/", "Patients"),
        (f"/cards/{uuid.UUID(int=7)}/pdf/", "Patients"),
        ("/my-day/", "My day"),
        ("/schedule/", "Schedule"),
        ("/ledger/check/", "Ledger"),
    ],
)
def test_the_bar_says_where_one_is(path: str, department: str, riverside: Any, cast: Any) -> None:
    request = RequestFactory().get(path)
    request.user, request.resolver_match = cast.ada, resolve(path)
    with riverside.inside(by=cast.ada):
        assert [link.words for link in navigation.departments(request) if link.here] == [department]


@pytest.mark.parametrize(("person", "may"), [("sara", True), ("bela", False), ("cato", False), ("olu", False)])
def test_the_palette_offers_only_what_one_may_do(person: str, may: bool, riverside: Any, cast: Any, web: Any) -> None:
    page = web(riverside, getattr(cast, person)).get("/me/password/").content.decode()
    assert ('href="/patients/new/"' in page) is may
