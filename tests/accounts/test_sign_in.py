"""Signing in, out, and what a guesser meets."""

import io
import re
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import DatabaseError, connection
from django.urls import reverse

from apps.accounts import hashers, staff
from apps.accounts.models import SignIn, User
from apps.core import clock
from apps.outbox.models import Message
from apps.tenants import links
from tests.cast import PASSWORD

SIGN_IN = "/sign-in/"


def sign_in(browser, email, password=PASSWORD, **more):
    return browser.post(SIGN_IN, {"login": email, "password": password, **more})


def signed_in_as(browser):
    response = browser.get("/me/")
    return response.context["user"].email if response.status_code == 200 else None


def test_somebody_signs_in_with_any_capitals(web, riverside, cast):
    browser = web(riverside)
    response = sign_in(browser, "Sara@Riverside.example")
    assert response.status_code == 302
    assert signed_in_as(browser) == "sara@riverside.example"


def test_a_wrong_password_and_an_unknown_address_look_the_same(web, riverside, cast):
    wrong = sign_in(web(riverside), "sara@riverside.example", "wrong")
    unknown = sign_in(web(riverside), "nobody@riverside.example", "wrong")
    assert wrong.status_code == unknown.status_code == 200
    assert [str(e) for e in wrong.context["form"].non_field_errors()] == [
        str(e) for e in unknown.context["form"].non_field_errors()
    ]


def test_an_unknown_address_costs_a_hash_too(web, riverside, cast, monkeypatch):
    hashed = []
    monkeypatch.setattr(hashers.BoundedArgon2, "encode", lambda *a: hashed.append(a) or "argon2$x")
    sign_in(web(riverside), "nobody@riverside.example", "wrong")
    assert len(hashed) == 1


def test_guessing_is_stopped_for_the_address_even_from_elsewhere(web, riverside, cast):
    for n in range(5):
        web(riverside, REMOTE_ADDR=f"10.0.0.{n}").post(SIGN_IN, {"login": cast.sara.email, "password": "wrong"})
    response = web(riverside, REMOTE_ADDR="10.0.1.1").post(SIGN_IN, {"login": cast.sara.email, "password": PASSWORD})
    assert "Too many" in str(response.context["form"].non_field_errors())


def test_guessing_is_stopped_whatever_port_and_capitals_the_host_has(web, riverside, cast):
    for n, end in enumerate(("localhost", "localhost:1", "localhost:2", "LOCALHOST", "localhost.")):
        guesser = web(riverside, REMOTE_ADDR=f"10.0.0.{n}")
        guesser.post(SIGN_IN, {"login": cast.sara.email, "password": "wrong"}, HTTP_HOST=f"riverside.{end}")
    response = sign_in(web(riverside, REMOTE_ADDR="10.0.1.1"), cast.sara.email)
    assert "Too many" in str(response.context["form"].non_field_errors())


def test_whoever_was_kept_out_by_wrong_guesses_comes_in_with_a_new_password(web, riverside, cast):
    for n in range(5):
        sign_in(web(riverside, REMOTE_ADDR=f"10.0.0.{n}"), cast.sara.email, "wrong")
    with riverside.inside():
        Message.objects.all().delete()
    browser = web(riverside, REMOTE_ADDR="10.0.1.1")
    ask_for_reset(browser, cast.sara.email)
    there = browser.get(reset_link(riverside), follow=True).redirect_chain[-1][0]
    browser.post(there, {"password1": "quite another walk", "password2": "quite another walk"})
    assert sign_in(browser, cast.sara.email, "quite another walk").status_code == 302


def test_guessing_at_one_clinic_does_not_lock_the_same_address_at_another(web, riverside, lakeside, cast):
    with lakeside.inside():
        User.objects.create_user(cast.sara.email, PASSWORD, full_name="Another Sara")
    for _ in range(6):
        sign_in(web(riverside), cast.sara.email, "wrong")
    assert sign_in(web(lakeside), cast.sara.email).status_code == 302


def test_a_neighbours_account_is_unknown_here(web, riverside, cast):
    assert sign_in(web(riverside), cast.lena.email).status_code == 200


def test_a_stranger_fills_no_disk(web, riverside, cast, settings):
    """Files of any size are taken from people who are known only; the forms of all others need none."""
    much = io.BytesIO(bytes(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))
    assert web(riverside).post(SIGN_IN, {"login": cast.sara.email, "file": much}).status_code == 400


def test_the_session_key_changes_on_sign_in(web, riverside, cast, settings):
    browser = web(riverside)
    browser.get(SIGN_IN)
    browser.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32  # planted by somebody else
    sign_in(browser, cast.sara.email)
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != "a" * 32


def test_whoever_reads_the_table_of_sessions_is_not_signed_in(web, riverside, cast, settings):
    browser = web(riverside)
    sign_in(browser, cast.sara.email)
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME]
    with riverside.inside():
        (kept,) = Session.objects.values_list("session_key", flat=True)
    assert kept != cookie.value and signed_in_as(browser) == cast.sara.email
    browser.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert signed_in_as(browser) is None


def test_a_session_of_one_clinic_is_nothing_at_another(web, riverside, lakeside, cast, settings):
    at_riverside = web(riverside, cast.sara)
    at_lakeside = web(lakeside)
    at_lakeside.cookies[settings.SESSION_COOKIE_NAME] = at_riverside.cookies[settings.SESSION_COOKIE_NAME].value
    assert signed_in_as(at_riverside) == cast.sara.email
    assert signed_in_as(at_lakeside) is None


@pytest.mark.parametrize(
    "there", ["//evil.example/", "https://evil.example/", "http://lakeside.localhost/me/", "javascript:alert(1)"]
)
def test_next_leads_to_no_other_house(web, riverside, cast, there):
    response = sign_in(web(riverside), cast.sara.email, next=there)
    assert response.status_code == 302
    assert response["Location"].startswith("/") and not response["Location"].startswith("//")


def test_next_leads_back_to_the_page(web, riverside, cast):
    assert sign_in(web(riverside), cast.sara.email, next="/me/?a=1")["Location"] == "/me/?a=1"


def test_signing_out_needs_a_post_and_ends_the_session(web, riverside, cast):
    browser = web(riverside, cast.sara)
    browser.get("/sign-out/")
    assert signed_in_as(browser) == cast.sara.email
    browser.post("/sign-out/")
    assert signed_in_as(browser) is None


def test_a_form_without_its_token_is_refused(web, riverside, cast):
    browser = web(riverside, cast.sara, enforce_csrf_checks=True)
    assert browser.post("/sign-out/").status_code == 403


def test_a_deactivated_person_is_out_at_once(web, riverside, cast):
    browser = web(riverside, cast.sara)
    with riverside.inside(by=cast.ada):
        staff.deactivate(cast.sara, by=cast.ada, at=cast.ada.created_at)
    assert signed_in_as(browser) is None
    again = sign_in(web(riverside), cast.sara.email)
    assert again.status_code == 302 and again["Location"] == reverse("account_inactive")


def test_letting_somebody_back_in_does_not_revive_old_sessions(web, riverside, cast):
    browser = web(riverside, cast.sara)
    with riverside.inside(by=cast.ada):
        staff.deactivate(cast.sara, by=cast.ada, at=cast.ada.created_at)
        staff.reactivate(cast.sara, by=cast.ada, at=cast.ada.created_at)
    assert signed_in_as(browser) is None


def test_an_idle_browser_is_signed_out_and_a_busy_one_is_not(web, riverside, cast, settings, monkeypatch):
    from datetime import timedelta

    from django.utils import timezone

    browser = web(riverside, cast.sara)
    assert signed_in_as(browser)
    start = timezone.now()
    half = timedelta(seconds=settings.SESSION_COOKIE_AGE * 0.6)
    for step in (1, 2):
        monkeypatch.setattr(timezone, "now", lambda step=step: start + step * half)
        assert signed_in_as(browser)
    monkeypatch.setattr(timezone, "now", lambda: start + 2 * half + timedelta(seconds=settings.SESSION_COOKIE_AGE + 5))
    assert signed_in_as(browser) is None


def test_polling_does_not_keep_a_browser_signed_in(web, riverside, cast, settings, monkeypatch):
    from datetime import timedelta

    from django.utils import timezone

    browser = web(riverside, cast.sara)
    browser.get("/me/")
    start = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(seconds=settings.SESSION_COOKIE_AGE * 0.6))
    browser.get("/me/", headers={"X-Background": "true"})
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(seconds=settings.SESSION_COOKIE_AGE * 1.1))
    assert signed_in_as(browser) is None


def test_too_many_at_once_is_said_kindly(web, riverside, cast, monkeypatch):
    monkeypatch.setattr(hashers, "queue", hashers.Queue(1, 0))
    with hashers.queue.turn():
        response = sign_in(web(riverside), cast.sara.email)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"


def test_a_fragment_of_a_signed_out_page_sends_the_whole_page_to_sign_in(web, riverside):
    response = web(riverside).get(
        "/me/", headers={"HX-Request": "true", "HX-Current-URL": f"http://{riverside.host}/me/?x=1"}
    )
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/sign-in/?next=/me/%3Fx%3D1"


def ask_for_reset(browser, email):
    return browser.post("/password/reset/", {"email": email})


def reset_link(clinic):
    with clinic.inside():
        message = Message.objects.get(kind="email")
        return re.search(r"http://[^/]+(/\S+)", message.payload.encode().decode("unicode_escape")).group(1)


def test_a_password_is_reset_by_e_mail_and_every_session_ends(web, riverside, cast):
    elsewhere = web(riverside, cast.sara)
    with riverside.inside():
        Message.objects.all().delete()
    browser = web(riverside)
    assert ask_for_reset(browser, "SARA@riverside.example").status_code == 302
    assert mail.outbox == []  # nothing leaves from the request
    form_page = browser.get(reset_link(riverside), follow=True)
    there = form_page.redirect_chain[-1][0]
    assert "set-password" in there
    response = browser.post(there, {"password1": "quite another walk", "password2": "quite another walk"})
    assert response.status_code == 302
    assert signed_in_as(elsewhere) is None
    assert sign_in(web(riverside), cast.sara.email).status_code == 200
    assert sign_in(web(riverside), cast.sara.email, "quite another walk").status_code == 302
    used = web(riverside).get(reset_link(riverside), follow=True)
    assert used.context["token_fail"]


def test_asking_for_an_unknown_address_looks_the_same_and_sends_nothing(web, riverside, cast):
    with riverside.inside():
        Message.objects.all().delete()
    known, unknown = ask_for_reset(web(riverside), cast.sara.email), ask_for_reset(web(riverside), "who@else.example")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    with riverside.inside():
        assert Message.objects.count() == 1


def test_a_reset_link_of_one_clinic_is_nothing_at_another(web, riverside, lakeside, cast):
    with riverside.inside():
        Message.objects.all().delete()
    ask_for_reset(web(riverside), cast.sara.email)
    assert web(lakeside).get(reset_link(riverside), follow=True).context["token_fail"]


def test_a_reset_link_ends_with_the_sessions(web, riverside, cast):
    with riverside.inside():
        Message.objects.all().delete()
    ask_for_reset(web(riverside), cast.sara.email)
    link = reset_link(riverside)
    with riverside.inside(by=cast.ada):
        sara = staff.deactivate(cast.sara, by=cast.ada, at=clock.now())
        staff.reactivate(sara, by=cast.ada, at=clock.now())
    assert web(riverside).get(link, follow=True).context["token_fail"]


def test_a_reset_link_leads_to_the_house_whatever_host_and_port_the_request_names(web, riverside, cast):
    with riverside.inside():
        Message.objects.all().delete()
    asked = web(riverside).post("/password/reset/", {"email": cast.sara.email}, HTTP_HOST="RIVERSIDE.localhost.:6666")
    assert asked.status_code == 302
    with riverside.inside(by=cast.sara):
        assert links.absolute("/password/reset/") in Message.objects.get(kind="email").payload.replace("\\", "")


def test_an_earlier_address_opens_nothing(web, riverside, cast):
    ask_for_reset(web(riverside), cast.sara.email)
    with riverside.inside(by=cast.ada):
        EmailAddress.objects.get_or_create(user=cast.sara, email=cast.sara.email)
        named = {"full_name": "Sara Lindqvist", "roles": ["front_desk"], "by": cast.ada, "at": clock.now()}
        staff.amend(cast.sara, email="lindqvist@riverside.example", **named)
    browser = web(riverside)
    sign_in(browser, "sara@riverside.example")
    assert signed_in_as(browser) is None
    sign_in(browser, "Lindqvist@riverside.example")
    assert signed_in_as(browser) == "lindqvist@riverside.example"


def test_changing_the_password_keeps_this_session_and_ends_the_others(web, riverside, cast):
    here, elsewhere = web(riverside, cast.sara), web(riverside, cast.sara)
    response = here.post(
        "/me/password/",
        {"oldpassword": PASSWORD, "password1": "quite another walk", "password2": "quite another walk"},
    )
    assert response.status_code == 302
    assert signed_in_as(here) == cast.sara.email
    assert signed_in_as(elsewhere) is None


def test_nobody_signs_up(web, riverside):
    assert web(riverside).get("/signup/").status_code == 404


def test_signing_out_everywhere(web, riverside, cast):
    here, elsewhere = web(riverside, cast.sara), web(riverside, cast.sara)
    here.post("/me/sessions/end/")
    assert signed_in_as(here) is None
    assert signed_in_as(elsewhere) is None


def test_sessions_are_not_for_scripts_or_other_sites(web, riverside, cast, settings):
    browser = web(riverside)
    sign_in(browser, cast.sara.email)
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["domain"]


def at_the_door(clinic):
    with clinic.inside():
        return [(s.outcome, s.door, s.user and s.user.email, s.ip) for s in SignIn.objects.order_by("id")]


def test_the_door_keeps_a_book(web, api, riverside, cast):
    browser = web(riverside, REMOTE_ADDR="10.1.2.3")
    sign_in(browser, cast.sara.email, "wrong")
    sign_in(browser, "who@else.example", "wrong")
    sign_in(browser, cast.sara.email)
    browser.post("/sign-out/")
    api(riverside).post("/api/v1/token/", {"email": cast.sara.email, "password": PASSWORD})
    api(riverside).post("/api/v1/token/", {"email": cast.sara.email, "password": "wrong"})
    sara = cast.sara.email
    assert at_the_door(riverside) == [
        ("refused", "page", sara, "10.1.2.3"),
        ("refused", "page", None, "10.1.2.3"),
        ("signed_in", "page", sara, "10.1.2.3"),
        ("signed_out", "page", sara, "10.1.2.3"),
        ("signed_in", "api", sara, "127.0.0.1"),
        ("refused", "api", sara, "127.0.0.1"),
    ]
    page = web(riverside, cast.olu).get("/staff/sign-ins/?outcome=refused").content.decode()
    assert page.count("10.1.2.3") == 2 and "who@else.example" not in page


def test_the_book_of_the_door_goes_by_the_clinics_clock(web, riverside, cast):
    with riverside.inside(by=cast.ada):
        evening = datetime(2026, 11, 26, 18, 43, tzinfo=UTC)
        SignIn.objects.create(user=cast.sara, at=evening, outcome=SignIn.Outcome.REFUSED, door=SignIn.Door.PAGE)
    page = web(riverside, cast.olu).get("/staff/sign-ins/?outcome=refused").content.decode()
    assert "Fri 27 Nov 2026, 00:13" in page  # Kolkata's


def test_the_book_of_the_door_is_only_added_to(web, riverside, cast):
    sign_in(web(riverside), cast.sara.email)
    for attack in ("UPDATE accounts_signin SET ip = NULL", "DELETE FROM accounts_signin", "TRUNCATE accounts_signin"):
        with pytest.raises(DatabaseError), riverside.inside(by=cast.ada), connection.cursor() as cursor:
            cursor.execute(attack)
