"""Every variable that HPMS reads: its meaning and what it is when it is not set. Standard library only."""

import os
import re
from typing import NamedTuple

HOST = r"(\[[0-9a-f:.]+\]|[^\s/@:?#\[\]]+)(:\d{1,5})?"
LOGIN = r"([^\s/?#]*@)?"  # letters like / ? # of a password are written as %2F %3F %23, or they end it
DATABASE = rf"postgres(ql)?://{LOGIN}({HOST})?([/?][^\s#]*)?"
COUNT = r"[1-9]\d{0,5}"


class Variable(NamedTuple):
    """One variable of the environment."""

    default: str
    meaning: str
    form: str = ".*"  # what it looks like: a regular expression for the whole of it


VARIABLES = {
    "HPMS_MODE": Variable("demo", "demo, test or production. Production refuses to start half configured."),
    "HPMS_DOMAIN": Variable(
        "localhost",
        "Clinics live at <slug>.<domain>, the console at <domain>: small letters, no https://.",
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
    ),
    "HPMS_ALLOWED_HOSTS": Variable(
        "",
        "Hosts answered, comma separated, without https://. Default: the domain and all below it.",
        r"[^/]*",
    ),
    "HPMS_SECRET_KEY": Variable(
        "", "Signs sessions, links and task envelopes: 50 random letters. Required in production.", r".{32,}"
    ),
    "HPMS_ROOT_KEY": Variable(
        "", "Root key of the health information: 32 bytes, base64 (older ones after a comma). Wraps every clinic's key."
    ),
    "HPMS_ROOT_KEY_FILE": Variable("", "A file that holds the root key instead (mode 0600)."),
    "HPMS_KEY_WRAPPER": Variable(
        "apps.core.root_key.local_root_key", "Who keeps the root key: a callable that takes the settings (for a KMS)."
    ),
    "HPMS_DATABASE_URL": Variable(
        "",
        "postgresql://user:password@host/database of the app's login. make demo and make test also take a superuser's "
        "and prepare the server.",
        DATABASE,
    ),
    "HPMS_OWNER_DATABASE_URL": Variable(
        "", "The owner's login, written alike: migrations and provisioning only, never in web.", DATABASE
    ),
    "HPMS_ADMIN_DATABASE_URL": Variable(
        "", "A superuser's login: only apps.tenants.bootstrap, which makes the roles and the database, asks for it."
    ),
    "HPMS_DATABASE_POOL": Variable("8", "Connections kept per process at most (1 or more).", COUNT),
    "HPMS_REDIS_URL": Variable(
        "redis://localhost:6379/0", "Redis or Valkey: the broker of the workers.", r"(rediss?|redis\+socket)://.+"
    ),
    "HPMS_EMAIL_URL": Variable(
        "console:",
        "smtp://user:password@host:port (?tls=1), smtps://…, or console:; / ? # in a password as %2F %3F %23.",
        rf"console:|smtps?://{LOGIN}{HOST}/?(\?.*)?",
    ),
    "HPMS_FROM_EMAIL": Variable("", "The sender of the house's e-mail."),
    "HPMS_TRUSTED_PROXIES": Variable(
        "0", "How many (0 to 9) of our own proxies stand in front (X-Forwarded-For, -Proto).", r"\d"
    ),
    "HPMS_PORT": Variable(
        "", "The port in the addresses that people get by e-mail, if it is not the usual one.", r"\d{1,5}"
    ),
    "HPMS_HASHES_AT_ONCE": Variable("2", "How many passwords a process checks at the same time; others wait.", COUNT),
    "HPMS_SESSION_MINUTES": Variable("60", "After how many idle minutes a browser is signed out.", COUNT),
    "HPMS_LOG_LEVEL": Variable("WARNING", "DEBUG, INFO, WARNING or ERROR.", r"DEBUG|INFO|WARNING|ERROR"),
    "HPMS_DOCUMENTS": Variable(
        "",
        "Where documents are kept, sealed: a folder (demo: .local/documents), or s3://bucket/folder.",
        r"/.*|s3://[^/\s]+(/.*)?",
    ),
    "HPMS_S3_ENDPOINT": Variable("", "The address of an S3 server that is not Amazon's.", r"https?://.+"),
    "HPMS_S3_REGION": Variable("", "The S3 server's region."),
    "HPMS_S3_ACCESS_KEY": Variable("", "Login at the S3 server. Default: what the machine's own role or profile says."),
    "HPMS_S3_SECRET_KEY": Variable("", "Password at the S3 server."),
    "HPMS_DOCUMENT_MB": Variable("25", "How large one document may be, in megabytes.", COUNT),
    "HPMS_VIRUS_SCANNER": Variable(
        "",
        "clamd, asked about every document: tcp://host:3310 or unix:///path. Default: none.",
        rf"tcp://{HOST}|unix:///.+",
    ),
    "HPMS_PAYMENT_GATEWAY": Variable(
        "",
        "The gateway that makes payment links: https://host/path (billing/gateways/http.py). Default: none.",
        r"https?://[^\s/].*",
    ),
    "HPMS_OPEN_UNSCANNED": Variable(
        "0", "1: a document may be opened while its virus scan is still to come. Infected ones never may.", r"[01]"
    ),
    "WEB_CONCURRENCY": Variable("2", "How many processes the web server has: one or two per core.", COUNT),
    "WEB_THREADS": Variable("8", "How many requests each of them answers at the same time.", COUNT),
    "HOST": Variable("", "Demo: the address it listens at. Default: this machine only."),
    "PORT": Variable("8000", "Demo: the port it listens at."),
    "HPMS_PG_BIN": Variable("", "Demo and tests: the folder of PostgreSQL's programs to use instead of the wheel's."),
    "HPMS_PG_OSUSER": Variable("", "Demo and tests as root: the account PostgreSQL runs as (else postgres or nobody)."),
}


def env(name: str) -> str:
    """The variable's text, or its default; a sentence that does not repeat it (some are secret) when it is no such."""
    variable = VARIABLES[name]
    text = os.environ.get(name) or variable.default
    if text and not re.fullmatch(variable.form, text, re.DOTALL):
        raise SystemExit(f"{name} does not look right. {variable.meaning}")
    return text


def is_set(name: str) -> bool:
    """Whether somebody said what it is, rather than leaving it to the default."""
    return bool(os.environ.get(name))


def env_int(name: str) -> int:
    """The variable as a whole number."""
    return int(env(name))


def env_list(name: str) -> list[str]:
    """The variable's comma separated parts."""
    return [part.strip() for part in env(name).split(",") if part.strip()]
