"""Tokens of the API: obtained, refreshed, revoked, forged."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import passwords, staff, tokens
from apps.accounts.models import ApiSession
from apps.core.encryption import keyring
from apps.core.problems import problem
from tests.cast import PASSWORD

NOW = timezone.now()
PROBLEM = "application/problem+json"


def obtain(api, clinic, person, password=PASSWORD):
    return api(clinic).post("/api/v1/token/", {"email": person.email, "password": password})


def me(api, clinic, token):
    caller = api(clinic)
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return caller.get("/api/v1/me/")


def refresh(api, clinic, token):
    return api(clinic).post("/api/v1/token/refresh/", {"refresh": token})


@pytest.fixture
def sara_s(api, riverside, cast):
    return obtain(api, riverside, cast.sara).json()


def test_a_token_opens_the_api_of_its_clinic(api, riverside, cast, sara_s):
    answer = me(api, riverside, sara_s["access"])
    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(cast.sara.pk),
        "tenant_id": str(riverside.id),
        "email": cast.sara.email,
        "full_name": cast.sara.full_name,
        "roles": ["front_desk"],
    }
    assert sara_s["expires_in"] == 600 and sara_s["token_type"] == "Bearer"


def test_a_wrong_password_is_401_as_a_problem_and_does_not_say_which(api, riverside, cast):
    wrong = obtain(api, riverside, cast.sara, "wrong")
    unknown = obtain(api, riverside, cast.lena)
    assert wrong.status_code == unknown.status_code == 401
    assert wrong["Content-Type"] == PROBLEM and wrong.json() == unknown.json()
    assert wrong["WWW-Authenticate"].startswith("Bearer")


def test_a_session_of_the_browser_is_nothing_to_the_api(web, riverside, cast):
    assert web(riverside, cast.sara).get("/api/v1/me/").status_code == 401


def test_another_clinics_token_is_refused_before_anything_is_looked_up(api, riverside, lakeside, cast):
    lenas = obtain(api, lakeside, cast.lena).json()
    with CaptureQueriesContext(connection) as asked:
        answer = me(api, riverside, lenas["access"])
    assert answer.status_code == 401
    assert not [query for query in asked if "accounts_" in query["sql"]]
    assert refresh(api, riverside, lenas["refresh"]).status_code == 401


def forged(clinic, person, cast, *, key=None, algorithm="EdDSA", headers=None, **changes):
    with clinic.inside(by=person):
        session = ApiSession.objects.create(
            user=person, refresh_hash=b"x" * 32, created_at=NOW, used_at=NOW, expires_at=NOW + timedelta(days=1)
        )
        good = {
            "iss": tokens._issuer(),
            "aud": tokens._audience(),
            "sub": str(person.pk),
            "sid": str(session.pk),
            "jti": "x",
            "iat": timezone.now(),  # not NOW: the suite may have begun long ago
            "exp": timezone.now() + timedelta(minutes=5),
            "typ": "access",
        }
        ours = keyring().signing_key()
    claims = {name: value for name, value in (good | changes).items() if value is not None}
    headers = {name: text for name, text in ({"kid": ours.kid} | (headers or {})).items() if text is not None}
    return jwt.encode(claims, ours.private if key is None else key, algorithm, headers=headers)


def test_the_forgers_own_model_is_good(api, riverside, cast):
    assert me(api, riverside, forged(riverside, cast.sara, cast)).status_code == 200


def test_a_token_that_was_good_before_ends_at_its_time(api, riverside, cast, sara_s, monkeypatch):
    assert me(api, riverside, sara_s["access"]).status_code == 200
    monkeypatch.setattr(tokens, "LEEWAY", -tokens.ACCESS_LIFETIME.total_seconds())
    assert me(api, riverside, sara_s["access"]).status_code == 401


FORGERIES = {
    "no signature": {"key": "", "algorithm": "none"},
    "a shared secret": {"key": "guess" * 10, "algorithm": "HS256"},
    "somebody's own key": {"key": Ed25519PrivateKey.generate()},
    "an unknown key id": {"headers": {"kid": "999"}},
    "a key id that is a path": {"headers": {"kid": "../../etc/passwd"}},
    "no key id": {"headers": {"kid": None}},
    "another audience": {"aud": "hpms:somebody-else"},
    "another issuer": {"iss": "localhost/somebody-else"},
    "expired": {"exp": NOW - timedelta(minutes=1)},
    "issued in the future": {"iat": NOW + timedelta(hours=1)},
    "no end": {"exp": None},
    "no session": {"sid": None},
    "a session that is none": {"sid": "x"},
    "an unknown session": {"sid": "00000000-0000-7000-8000-000000000000"},
    "a refresh token": {"typ": "refresh"},
    "another person": {"sub": "00000000-0000-7000-8000-000000000000"},
    "a person that is none": {"sub": "sara"},
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_token_is_refused(api, riverside, cast, how):
    answer = me(api, riverside, forged(riverside, cast.sara, cast, **FORGERIES[how]))
    assert answer.status_code == 401
    assert answer["Content-Type"] == PROBLEM


NESTED = base64.urlsafe_b64encode(b"[" * 5_000).decode()  # deeper than Python reads


@pytest.mark.parametrize(
    "header",
    [
        *("Bearer", "Bearer a b", "Bearer ä", "Bearer ..", "Bearer W10.W10.", "Basic c2FyYTp4"),
        *(f"Bearer {'a.' * 2000}", f"Bearer {NESTED}.W10.W10"),
    ],
    ids=range(8),
)
def test_a_malformed_header_is_401(api, riverside, header):
    caller = api(riverside)
    caller.credentials(HTTP_AUTHORIZATION=header)
    assert caller.get("/api/v1/me/").status_code == 401


def test_a_token_whose_payload_was_changed_is_refused(api, riverside, cast, sara_s):
    head, body, seal = sara_s["access"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["sub"] = str(cast.ada.pk)
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert me(api, riverside, f"{head}.{body}.{seal}").status_code == 401


def test_a_refresh_token_is_good_once_and_using_it_twice_ends_the_session(api, riverside, cast, sara_s):
    second = refresh(api, riverside, sara_s["refresh"])
    assert second.status_code == 200
    third = refresh(api, riverside, second.json()["refresh"])
    assert third.status_code == 200
    stolen = refresh(api, riverside, sara_s["refresh"])
    assert stolen.status_code == 401
    with riverside.inside():  # the end of the session was committed although the answer was a refusal
        assert ApiSession.objects.get(user=cast.sara).revoked_because == "refresh token used twice"
    assert refresh(api, riverside, third.json()["refresh"]).status_code == 401
    assert me(api, riverside, third.json()["access"]).status_code == 401


def test_an_access_token_does_not_refresh(api, riverside, sara_s):
    assert refresh(api, riverside, sara_s["access"]).status_code == 401
    assert me(api, riverside, sara_s["access"]).status_code == 200


@pytest.mark.parametrize("which", ["access", "refresh"])
def test_revoking_ends_the_session(api, riverside, sara_s, which):
    assert api(riverside).post("/api/v1/token/revocation/", {"token": sara_s[which]}).status_code == 204
    assert me(api, riverside, sara_s["access"]).status_code == 401
    assert refresh(api, riverside, sara_s["refresh"]).status_code == 401


def test_revoking_nonsense_is_answered_alike(api, riverside, lakeside, cast, sara_s):
    for clinic, token in ((riverside, "x"), (lakeside, sara_s["refresh"])):
        assert api(clinic).post("/api/v1/token/revocation/", {"token": token}).status_code == 204
    assert me(api, riverside, sara_s["access"]).status_code == 200


def test_deactivating_somebody_ends_their_tokens_at_once(api, riverside, cast, sara_s):
    with riverside.inside(by=cast.ada):
        staff.deactivate(cast.sara, by=cast.ada, at=NOW)
    assert me(api, riverside, sara_s["access"]).status_code == 401
    assert refresh(api, riverside, sara_s["refresh"]).status_code == 401
    assert obtain(api, riverside, cast.sara).status_code == 401


def test_a_new_password_ends_the_tokens(api, riverside, cast, sara_s):
    with riverside.inside(by=cast.sara):
        passwords.choose(cast.sara, "quite another walk", at=NOW)
    assert me(api, riverside, sara_s["access"]).status_code == 401


def test_guessing_through_the_api_and_the_page_counts_together(api, web, riverside, cast):
    for _ in range(3):
        obtain(api, riverside, cast.sara, "wrong")
    for _ in range(2):
        web(riverside).post("/sign-in/", {"login": cast.sara.email, "password": "wrong"})
    answer = obtain(api, riverside, cast.sara)
    assert answer.status_code == 429
    assert answer["Retry-After"] and answer["Content-Type"] == PROBLEM


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe",
        b'{"email": 1, "password": []}',
        b'{"email": "a@b.c"}',
        b"[" * 100_000,
        b"NaN",
    ],
)
def test_malformed_json_is_400(api, riverside, body):
    answer = api(riverside).generic("POST", "/api/v1/token/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == PROBLEM


def test_invalid_fields_are_named_by_path(api, riverside):
    answer = api(riverside).post("/api/v1/token/", {"email": "nonsense", "password": ""})
    assert {error["field"] for error in answer.json()["errors"]} == {"email", "password"}


def test_a_body_that_is_no_json_is_415_and_an_unknown_address_404(api, riverside, cast):
    answer = api(riverside).post("/api/v1/token/", "a=b", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415 and answer["Content-Type"] == PROBLEM
    nowhere = api(riverside, cast.sara).get("/api/v1/patients/not-a-uuid/")
    assert nowhere.status_code == 404 and nowhere["Content-Type"] == PROBLEM


def test_a_suspended_clinic_answers_503_and_an_unknown_host_404(api, riverside, platform, cast, sara_s):
    from apps.tenants import provisioning
    from apps.tenants.models import Clinic

    with platform.inside(actor="test"):
        provisioning.suspend(Clinic.objects.get(slug="riverside"), at=NOW, reason="Unpaid")
    closed = me(api, riverside, sara_s["access"])
    unknown = api(riverside).get("/api/v1/me/", headers={"host": "nowhere.localhost"})
    assert [(answer.status_code, answer["Content-Type"]) for answer in (closed, unknown)] == [
        (503, PROBLEM),
        (404, PROBLEM),
    ]
    assert [answer.json() for answer in (closed, unknown)] == [
        problem(503, "This clinic is closed for now.", code="clinic_suspended"),
        problem(404, "No clinic lives at this address.", code="unknown_clinic"),
    ]


def test_the_last_use_of_a_busy_process_is_said_as_a_problem(api, riverside, cast, monkeypatch):
    from apps.accounts import hashers

    monkeypatch.setattr(hashers, "queue", hashers.Queue(1, 0))
    with hashers.queue.turn():
        answer = obtain(api, riverside, cast.sara)
    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (503, PROBLEM, "5")
    assert answer.json() == problem(503, "Too many sign-ins at this moment.", code="busy")


def test_an_api_call_costs_few_questions(api, riverside, cast):
    caller = api(riverside, cast.sara)
    with CaptureQueriesContext(connection) as asked:
        caller.get("/api/v1/me/")
    questions = [query for query in asked if query["sql"].startswith(("SELECT", "\n    SELECT"))]
    assert len(questions) == 2  # the host; the session with its person and their rights


def test_no_refresh_token_is_kept(riverside, cast, sara_s):
    with riverside.inside():
        [session] = ApiSession.objects.filter(user=cast.sara)
        claims = jwt.decode(sara_s["refresh"], options={"verify_signature": False})
        assert claims["jti"].encode() not in bytes(session.refresh_hash)


def test_no_answer_of_the_api_is_kept_on_the_way(api, riverside, cast):
    for address in ("/api/v1/patients/", "/api/v1/me/", "/api/v1/nothing/"):
        assert api(riverside, cast.sara).get(address)["Cache-Control"] == "no-store", address


def test_the_staff_through_the_api(api, riverside, lakeside, cast):
    caller = api(riverside, cast.ada)
    with CaptureQueriesContext(connection) as few:
        page = caller.get("/api/v1/users/?page_size=1").json()
    assert page["count"] == 7
    assert page["results"][0]["email"] == cast.ada.email and page["results"][0]["roles"] == ["clinic_admin"]
    assert {row["tenant_id"] for row in caller.get("/api/v1/users/").json()["results"]} == {str(riverside.id)}
    with CaptureQueriesContext(connection) as many:
        caller.get("/api/v1/users/")
    assert len(few) == len(many)
    assert cast.lena.email not in str(caller.get("/api/v1/users/").json())
