"""Closing the books in a real browser, light and dark, wide and narrow: one asks, another approves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.core import clock
from apps.ledger import closing
from tests.axe import wide_and_narrow
from tests.billing.cast import person
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of

pytestmark = pytest.mark.browser
PATH = "/ledger/closing/"


@pytest.fixture(scope="module")
def admins(house: Any) -> tuple[Any, Any, Any]:
    """Riverside, Ada and Adam; the books were closed and a request is open."""
    clinic, at = clinic_of("riverside"), timezone.now()
    with clinic.inside():
        ada = people_of("riverside", RIVERSIDE)["ada"]
        adam = person("adam@cast.example", "Adam Osei", "clinic_admin")
        day = clock.day_of(at, clock.clinic_zone()) - timedelta(days=3)
    with clinic.inside(by=ada):
        closing.close(day, by=ada, at=at)
        asked = closing.ask_to_reopen(day, reason="The wrong day", by=ada, at=at)
        closing.refuse(asked, reason="It was the right one", by=adam, at=at)
        closing.ask_to_reopen(day, reason="The bill of the laboratory came late", by=ada, at=at)
    return clinic, ada, adam


def test_axe_finds_nothing_and_nothing_sticks_out(
    page_of: Callable[..., Any], house: Any, admins: tuple[Any, Any, Any]
) -> None:
    clinic, *people = admins
    for who in people:
        watched = page_of(clinic, who)
        page = watched.page
        assert page.goto(house.url(clinic, PATH)).status == 200
        assert wide_and_narrow(page) == []
        assert (watched.complaints, watched.foreign) == ([], [])


def test_another_clinic_admin_opens_the_books(
    page_of: Callable[..., Any], house: Any, admins: tuple[Any, Any, Any]
) -> None:
    clinic, _ada, adam = admins
    page = page_of(clinic, adam).page
    page.goto(house.url(clinic, PATH))
    page.get_by_role("button", name="Approve: open the books").click()
    expect(page.get_by_role("rowheader", name="Re-opened")).to_contain_text("The bill of the laboratory came late")
