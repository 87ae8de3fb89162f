"""Text that no database keeps - a NUL byte, half a character - is a mistake of who sends it, wherever it stands."""

import json

import pytest
from django.contrib import admin
from django.urls import reverse

NUL = "a\x00b"
PAGES = (
    "/",
    "/patients/",
    "/patients/new/",
    "/schedule/",
    "/waitlist/",
    "/audit/",
    "/invoices/",
    "/staff/",
    "/sign-in/",
)
LISTS = ("patients", "appointments", "invoices", "payments", "providers", "departments", "audit", "waitlist")


@pytest.fixture
def ada(riverside, cast, web):
    return web(riverside, cast.ada, raise_request_exception=False)


def admin_lists():
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", "hpms.urls")
        for model in admin.site._registry
    ]


@pytest.mark.parametrize("name", ["number", "q", "p", "o", "id__exact", "created_at__gte", "a\x00b"])
def test_no_list_of_the_administration_fails(ada, name):
    seen = {address: ada.get(address, {name: "\x00"}).status_code for address in admin_lists()}
    assert seen == dict.fromkeys(seen, 400)


def test_no_page_fails_whatever_the_part(ada, cast):
    seen = {}
    for page in PAGES:
        seen[page, "query"] = ada.get(page, {"q": NUL}).status_code
        seen[page, "header"] = ada.get(page, headers={"x-note": NUL, "hx-target": NUL}).status_code
        seen[page, "path"] = ada.get(f"{page}a%00b/").status_code
    seen["admin", "path"] = ada.get(f"/administration/patients/patient/{NUL}/change/").status_code
    ada.cookies["hpms_theme"] = NUL
    seen |= {(page, "cookie"): ada.get(page).status_code for page in PAGES}
    assert seen == dict.fromkeys(seen, 400)


def test_the_page_that_says_so_is_the_houses_own(ada):
    page = ada.get("/patients/", {"q": NUL})
    assert "That request was not understood" in page.content.decode()
    assert page["Content-Security-Policy"]


def test_a_session_of_nonsense_is_no_session(riverside, web):
    stranger = web(riverside, raise_request_exception=False)
    stranger.cookies["hpms_session"] = NUL
    assert stranger.get("/patients/").status_code == 400


def test_nobody_lives_at_such_a_host(web, riverside):
    stranger = web(riverside, raise_request_exception=False)
    assert stranger.get("/known-host", {"domain": f"{NUL}.localhost"}).status_code == 404
    assert stranger.get("/patients/", headers={"host": "a\x00b.localhost"}).status_code == 400


def test_no_address_of_the_api_fails(riverside, cast, api):
    caller = api(riverside, cast.ada)
    caller.raise_request_exception = False
    answers = [caller.get(f"/api/v1/{name}/", {"status": NUL}) for name in LISTS]
    answers += [caller.get("/api/v1/patients/%00/"), caller.get("/api/v1/patients/", headers={"x-note": NUL})]
    answers.append(caller.post("/api/v1/patients/", {}, headers={"idempotency-key": NUL}))
    assert [(one.status_code, one["Content-Type"]) for one in answers] == [(400, "application/problem+json")] * len(
        answers
    )


@pytest.mark.parametrize("word", ["a\x00b", "\ud800"])
def test_a_body_of_the_api_says_which_field(riverside, cast, api, word):
    caller = api(riverside, cast.ada)
    caller.raise_request_exception = False
    for address in ("patients", "appointments", "departments", "waitlist", "token", "override-requests"):
        for body in ({"given_name": word}, {word: "x"}, {"more": [{"deep": [word]}]}, [word]):
            answer = caller.generic("POST", f"/api/v1/{address}/", json.dumps(body), content_type="application/json")
            assert answer.status_code in (400, 405), (address, body)
    answer = caller.generic(
        "POST", "/api/v1/patients/", json.dumps({"more": [{"deep": [word]}]}), content_type="application/json"
    )
    assert answer.json()["errors"][0]["field"] == "more.0.deep.0"


def test_a_form_says_it_beside_the_field(ada):
    answer = ada.post("/patients/new/", {"given_name": NUL, "family_name": "Patel"})
    assert answer.status_code == 400
    assert "Null characters are not allowed" in answer.content.decode()


@pytest.mark.parametrize("typed", [NUL, "INV-\x00", "\x00"])
def test_what_no_form_looks_at_is_refused_before_the_database_is_asked(ada, typed):
    """The search of the work queue reads what was typed as it is."""
    answer = ada.post("/billing/", {"q": typed})
    assert answer.status_code == 400
    assert "That request was not understood" in answer.content.decode()
