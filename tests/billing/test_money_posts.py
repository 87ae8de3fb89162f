"""Every POST that has to do with money happens once, however often it is sent."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.urls import resolve

from apps.core.idempotency import LONGEST_KEY
from tests.cast import RIVERSIDE, people_of

OF_MONEY = ("apps.billing.", "apps.ledger.")


@pytest.fixture
def described(api: Any, riverside: Any) -> dict[str, Any]:
    answer = api(riverside).get("/api/v1/schema/", HTTP_ACCEPT="application/json")
    return answer.json()["paths"]  # type: ignore[no-any-return]


def money_posts(described: dict[str, Any]) -> dict[str, Any]:
    """Address, with some id in it, and description of each POST that billing or the ledger answers."""
    posts = {}
    for path, operations in described.items():
        address = re.sub(r"\{[^}]+\}", str(UUID(int=7)), path)
        if address.endswith("/rehearsal/"):  # shows what would be posted, and posts nothing
            continue
        if "post" in operations and resolve(address, "hpms.urls").func.cls.__module__.startswith(OF_MONEY):  # type: ignore[attr-defined]
            posts[address] = operations["post"]
    return posts


def test_every_money_post_takes_an_idempotency_key(described: dict[str, Any], api: Any, riverside: Any) -> None:
    """A key that is none is refused before anything else is looked at: by whoever reads it, and only by them."""
    posts = money_posts(described)
    assert len(posts) >= 20
    with riverside.inside():
        ada = people_of("riverside", RIVERSIDE)["ada"]
    caller = api(riverside, ada)
    answers = {
        address: caller.post(address, {}, headers={"Idempotency-Key": "k" * (LONGEST_KEY + 1)}) for address in posts
    }
    assert {address: getattr(answer, "data", {}).get("code") for address, answer in answers.items()} == dict.fromkeys(
        posts, "bad_idempotency_key"
    )


def test_every_money_post_says_so(described: dict[str, Any]) -> None:
    for address, operation in money_posts(described).items():
        names = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}
        assert names == {"Idempotency-Key"}, address
