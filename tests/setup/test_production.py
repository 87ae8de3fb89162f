"""Production starts with everything said, or not at all."""

import os
import subprocess
import sys

import pytest

from hpms.embedded.places import ROOT
from hpms.environment import VARIABLES

COMPLETE = {
    "HPMS_MODE": "production",
    "HPMS_DOMAIN": "clinics.example.org",
    "HPMS_SECRET_KEY": "s" * 50,
    "HPMS_ROOT_KEY": "c2l4dHkgZm91ciBieXRlcyBhcmUgdG9vIG1hbnkgISE=",
    "HPMS_DATABASE_URL": "postgresql://hpms_app:secret@db/hpms",
    "HPMS_REDIS_URL": "redis://redis/0",
    "HPMS_EMAIL_URL": "smtp://mail",
    "HPMS_DOCUMENTS": "/documents",
}


def python(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run code in an environment that says nothing of HPMS but these."""
    rest = {key: value for key, value in os.environ.items() if not key.startswith(("HPMS_", "DJANGO_"))}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env={**rest, **settings}, capture_output=True, text=True)


def start(**settings: str) -> subprocess.CompletedProcess[str]:
    """Load the application as the web server does."""
    return python("import hpms.wsgi", **settings)


def test_it_starts_when_everything_is_said() -> None:
    started = start(**COMPLETE)
    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize("name", sorted(set(COMPLETE) - {"HPMS_MODE", "HPMS_ROOT_KEY"}))
def test_it_refuses_to_guess(name: str) -> None:
    refused = start(**{key: value for key, value in COMPLETE.items() if key != name})
    assert refused.returncode != 0
    assert f"{name} is missing" in refused.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HPMS_DOMAIN", "https://clinics.example.org/"),
        ("HPMS_SECRET_KEY", "short"),
        ("HPMS_DATABASE_URL", "mysql://hpms_app:secret@db/hpms"),
        ("HPMS_DATABASE_URL", "postgresql://hpms_app:se/cret@db/hpms"),
        ("HPMS_DATABASE_URL", "postgresql://hpms_app:se#cret@db/hpms"),
        ("HPMS_DATABASE_POOL", "0"),
        ("HPMS_REDIS_URL", "redis:6379"),
        ("HPMS_EMAIL_URL", "smtp.example.org:587"),  # without its scheme it went to the console, links and all
        ("HPMS_EMAIL_URL", "smtp://user:p#ss@mail:587"),
        ("HPMS_EMAIL_URL", "smtp://mail:port"),
        ("HPMS_TRUSTED_PROXIES", "-1"),
        ("HPMS_PORT", "https"),
        ("HPMS_HASHES_AT_ONCE", "0"),
        ("HPMS_SESSION_MINUTES", "0"),
        ("HPMS_LOG_LEVEL", "verbose"),
        ("HPMS_DOCUMENTS", "documents"),
        ("HPMS_DOCUMENTS", "s3://"),
        ("HPMS_DOCUMENT_MB", "0"),
        ("HPMS_VIRUS_SCANNER", "clamd:3310"),
        ("HPMS_PAYMENT_GATEWAY", "pay.example.org"),
        ("HPMS_OPEN_UNSCANNED", "yes"),
        ("WEB_CONCURRENCY", "0"),
    ],
)
def test_it_refuses_what_does_not_look_right_and_does_not_repeat_it(name: str, text: str) -> None:
    refused = python("import hpms.settings, hpms.gunicorn", **{**COMPLETE, name: text})
    assert refused.returncode == 1
    assert refused.stderr == f"{name} does not look right. {VARIABLES[name].meaning}\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HPMS_DATABASE_URL", "postgresql://hpms_super@/hpms?host=%2Frun%2Fpg&port=5432"),
        ("HPMS_DATABASE_URL", "postgres://hpms_app:p%2Fss@[fd00::1]:5432/hpms?sslmode=require"),
        ("HPMS_REDIS_URL", "rediss://:secret@redis:6380/1"),
        ("HPMS_REDIS_URL", "redis+socket:///run/broker.sock"),
        ("HPMS_EMAIL_URL", "smtps://user%40example.org:p%23ss@mail:465"),
        ("HPMS_EMAIL_URL", "smtp://mail?tls=1"),
        ("HPMS_EMAIL_URL", "console:"),
        ("HPMS_ALLOWED_HOSTS", "clinics.example.org, .clinics.example.org"),
        ("HPMS_DOCUMENTS", "s3://bucket/folder"),
        ("HPMS_VIRUS_SCANNER", "unix:///run/clamd.sock"),
        ("HPMS_VIRUS_SCANNER", ""),
        ("HPMS_DATABASE_POOL", ""),  # as docker compose passes what .env does not say
    ],
)
def test_it_takes_what_looks_right(name: str, text: str) -> None:
    started = python("import hpms.settings, hpms.gunicorn", **{**COMPLETE, name: text})
    assert started.returncode == 0, started.stderr


def test_it_refuses_to_start_without_a_root_key() -> None:
    refused = start(**{key: value for key, value in COMPLETE.items() if key != "HPMS_ROOT_KEY"})
    assert refused.returncode != 0
    assert "There is no root key" in refused.stderr + refused.stdout


def test_it_refuses_the_demos_root_key() -> None:
    demo = "SFBNU0RFTU8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="  # begins with the demo's mark
    refused = start(**{**COMPLETE, "HPMS_ROOT_KEY": demo})
    assert refused.returncode != 0
    assert "demo" in refused.stderr + refused.stdout


def test_pages_go_out_over_tls_only() -> None:
    asked = "print(s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.DEBUG)"
    told = python(f"import hpms.settings as s; {asked}", **COMPLETE)
    assert told.stdout.split() == ["True", "True", "True", "False"]


def test_passwords_cost_their_full_price() -> None:
    """The suite itself pays less for them."""
    asked = "import django; django.setup(); from django.contrib.auth.hashers import make_password as m; print(m('a'))"
    told = python(asked, **COMPLETE, DJANGO_SETTINGS_MODULE="hpms.settings")
    assert told.stdout.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$"), told.stderr


@pytest.mark.parametrize(("level", "told"), [("WARNING", ["a warning", "an error"]), ("ERROR", ["an error"])])
def test_the_log_keeps_to_its_level_whatever_a_library_s_own_is(level: str, told: list[str]) -> None:
    code = (
        "import hpms.wsgi, logging; library = logging.getLogger('django.request');"
        "library.warning('a warning'); library.error('an error')"
    )
    said = python(code, **COMPLETE, HPMS_LOG_LEVEL=level).stderr
    assert [line.rpartition("django.request ")[2] for line in said.splitlines() if "django.request" in line] == told
