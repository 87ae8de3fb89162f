"""The installation on one machine hands on what somebody says of it in .env, as deploy/env.example tells them to."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hpms.embedded.places import ROOT
from hpms.environment import VARIABLES
from tests.setup.test_production import python

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "hpms"}
OWNERS = {"HPMS_OWNER_DATABASE_URL", "HPMS_ADMIN_DATABASE_URL"}  # who migrates and opens clinics, and nobody else
DECIDED = {  # the file has these servers, this proxy and this secret
    "HPMS_MODE": "production",
    "HPMS_ROOT_KEY_FILE": "/run/secrets/root_key",
    "HPMS_REDIS_URL": "redis://redis:6379/0",
    "HPMS_TRUSTED_PROXIES": "1",
}
NOT_HERE = {
    "HPMS_ROOT_KEY",  # a file instead
    "HPMS_PORT",  # the usual one
    *("HOST", "PORT", "HPMS_PG_BIN", "HPMS_PG_OSUSER"),  # the demo's and the tests'
}
HEARD = set(VARIABLES) - OWNERS - NOT_HERE
ASKED = re.compile(r"\$\{(\w+):([-?])([^}]*)\}")


def test_every_container_hears_every_variable() -> None:
    heard = {name: set(service["environment"]) - OWNERS for name, service in OURS.items()}
    assert heard == dict.fromkeys(["prepare", "web", "worker", "provisioner", "beat"], HEARD)


def test_the_owners_login_is_known_to_whoever_migrates_and_opens_clinics_only() -> None:
    known = {name: OWNERS & set(service["environment"]) for name, service in OURS.items()}
    assert {name: logins for name, logins in known.items() if logins} == {
        "prepare": OWNERS,
        "provisioner": {"HPMS_OWNER_DATABASE_URL"},
    }


@pytest.mark.parametrize("name", sorted(set(OURS["web"]["environment"]) - {"HPMS_DATABASE_URL"}))
def test_a_variable_is_what_env_says_or_else_its_default(name: str) -> None:
    text = OURS["web"]["environment"][name]
    if name in DECIDED:
        assert text == DECIDED[name]
        return
    asked = ASKED.fullmatch(text)
    assert asked is not None, text
    said, otherwise, words = asked.groups()
    assert said == name
    if otherwise == "-":
        assert words == ("/documents" if name == "HPMS_DOCUMENTS" else VARIABLES[name].default)


def test_the_example_names_what_must_be_said_and_nothing_that_is_not_heard() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = {said: otherwise for said, otherwise, _ in ASKED.findall(text)}
    example = (ROOT / "deploy/env.example").read_text()
    assert {name for name, otherwise in asked.items() if otherwise == "?"} == set(re.findall(r"^(\w+)=", example, re.M))
    assert set(re.findall(r"^# (\w+)=", example, re.M)) <= set(asked)


def test_it_starts_with_no_more_than_the_example_asks_for(tmp_path: Path) -> None:
    def resolved(match: re.Match[str]) -> str:
        name, otherwise, words = match.groups()
        return words if otherwise == "-" else example[name] or "s" * 50

    example = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "deploy/env.example").read_text(), re.M))
    said = {name: ASKED.sub(resolved, text) for name, text in OURS["web"]["environment"].items()}
    key = tmp_path / "root.key"
    key.write_text("c2l4dHkgZm91ciBieXRlcyBhcmUgdG9vIG1hbnkgISE=")
    key.chmod(0o600)
    started = python("import hpms.wsgi, hpms.gunicorn", **said | {"HPMS_ROOT_KEY_FILE": str(key)})
    assert started.returncode == 0, started.stderr


def test_the_root_key_is_made_for_the_user_who_reads_it() -> None:
    """Compose leaves a secret's file to whom it belongs, and one that everybody may read is refused."""
    [uid] = re.findall(r"useradd .*--uid (\d+)", (ROOT / "Dockerfile").read_text())
    assert f"install -D -m 0600 -o {uid} /dev/stdin" in (ROOT / "deploy/env.example").read_text()


def test_the_secrets_of_env_do_not_go_into_the_image() -> None:
    """`.env` stands beside the Dockerfile, which copies what stands beside it."""
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".env.*"} <= set(left_out)
    assert "COPY . .\n" in (ROOT / "Dockerfile").read_text()


def test_the_proxy_writes_down_no_address() -> None:
    """Caddy logs every request that it cannot pass on, and of some the address is the key."""
    log = re.search(r"\tlog default \{.*?\n\t\}", (ROOT / "deploy/Caddyfile").read_text(), re.S)
    assert log is not None
    assert {"request>uri delete", "request>headers delete"} <= {line.strip() for line in log[0].splitlines()}


def test_what_the_readme_says_of_running_it_is_heard() -> None:
    chapter = (ROOT / "README.md").read_text().partition("\n## Run it\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"\b(?:HPMS|WEB)_[A-Z_]+\b", chapter))
    assert "HPMS_PAYMENT_GATEWAY" in named
    assert named <= set(OURS["web"]["environment"])
