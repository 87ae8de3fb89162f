"""Signing in and letting people in, in a real browser: few clicks, no axe violation, nothing from elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from apps.accounts import staff
from apps.accounts.models import User
from apps.core import clock
from apps.outbox.models import Message
from tests.axe import in_both_schemes
from tests.cast import PASSWORD, RIVERSIDE, people_of

pytestmark = pytest.mark.browser


@pytest.fixture
def ada(house, riverside):
    with riverside.inside():
        return people_of("riverside", RIVERSIDE)["ada"]


def clean(tab):
    assert tab.foreign == [] and tab.complaints == []


def test_every_page_of_accounts_is_accessible(page_of, house, riverside, ada):
    with riverside.inside(by=ada):
        newcomer = User.objects.filter(email="new@riverside.example").first() or staff.invite(
            email="new@riverside.example", full_name="New Comer", roles=["nurse"], by=ada, at=clock.now()
        )
        link = staff.invitation_link(newcomer)
    stranger = page_of(riverside)
    for path in (
        "/sign-in/",
        "/password/reset/",
        "/password/reset/sent/",
        "/sign-in/closed/",
        re.sub(r"^http://[^/]+", "", link),
    ):
        stranger.page.goto(house.url(riverside, path))
        assert in_both_schemes(stranger.page) == [], path
    admin = page_of(riverside, ada)
    paths = ["/staff/", "/staff/invitation/", f"/staff/{newcomer.pk}/", "/staff/roles/", "/staff/roles/nurse/", "/me/"]
    for path in [
        *paths,
        "/me/password/",
        "/staff/roles/new/",
        f"/staff/{newcomer.pk}/deactivation/",
        "/administration/",
    ]:
        admin.page.goto(house.url(riverside, path))
        assert in_both_schemes(admin.page) == [], path
    clean(stranger)
    clean(admin)


def test_ada_signs_in_and_invites_noor_in_four_clicks(page_of, house, riverside, ada):
    tab = page_of(riverside)
    tab.page.goto(house.url(riverside, "/staff/"))
    tab.page.get_by_label("E-mail").fill("ada@riverside.example")
    tab.page.get_by_label("Password").fill(PASSWORD)
    tab.page.keyboard.press("Enter")
    tab.page.get_by_role("link", name="Invite").click()  # 1
    tab.page.get_by_label("Name").fill("Noor Haddad")
    tab.page.get_by_label("E-mail").fill("noor@riverside.example")
    tab.page.get_by_label("Front desk").check()  # 2
    tab.page.get_by_role("button", name="Send invitation").click()  # 3
    expect(tab.page.get_by_role("link", name="Noor Haddad")).to_be_visible()
    with riverside.inside(by=ada):
        assert Message.objects.filter(kind="email").exists()
        link = staff.invitation_link(User.objects.get(email="noor@riverside.example"))
    noor = page_of(riverside)
    noor.page.goto(house.url(riverside, re.sub(r"^http://[^/]+", "", link)))
    noor.page.get_by_label("Choose a password").fill("a boat on the lake")
    noor.page.get_by_label("The same again").fill("a boat on the lake")
    noor.page.get_by_role("button", name="Come in").click()
    expect(noor.page.get_by_label("Your menu: Noor Haddad")).to_be_visible()
    clean(tab)
    clean(noor)


def test_the_apis_documentation_runs_under_the_policy(page_of, house, riverside, ada):
    tab = page_of(riverside)
    tab.page.goto(house.url(riverside, "/api/v1/docs/"))
    tab.page.get_by_role("link", name="token", exact=True).click()
    expect(tab.page.get_by_text("/api/v1/token/refresh/").first).to_be_visible(timeout=30_000)
    clean(tab)
