"""Prepare a PostgreSQL server for HPMS: roles, database, extensions. Needs a privileged login; safe to repeat.

Imports nothing of Django, so that the launcher can run it before there is a configured project.
"""

import hashlib
import hmac
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OLDEST = 15
OWNER, APP, PLATFORM = "hpms_owner", "hpms_app", "hpms_platform"

DATABASE = (
    "CREATE SCHEMA IF NOT EXISTS extensions",
    "GRANT USAGE ON SCHEMA extensions TO hpms_owner WITH GRANT OPTION",
    "GRANT USAGE ON SCHEMA extensions TO hpms_platform",
    "CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA extensions",
    "ALTER SCHEMA public OWNER TO hpms_owner",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO hpms_platform",
    # Without it an injected SELECT could leave the clinic: set_config('role', …) inside an expression.
    "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO hpms_owner, hpms_app",
    "ALTER DEFAULT PRIVILEGES FOR ROLE hpms_owner IN SCHEMA public"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hpms_platform",
    "ALTER DEFAULT PRIVILEGES FOR ROLE hpms_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO hpms_platform",
    "ALTER DEFAULT PRIVILEGES FOR ROLE hpms_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    "CREATE SCHEMA IF NOT EXISTS tenancy AUTHORIZATION hpms_owner",
    "GRANT USAGE ON SCHEMA tenancy TO hpms_app",
)


@dataclass(frozen=True, slots=True)
class Urls:
    """The two logins that HPMS works with."""

    app: str
    owner: str


class NotPreparedError(RuntimeError):
    """The server cannot be prepared with this login; the words say what to do."""


def is_privileged(url: str) -> bool:
    """Whether this login could prepare a server (superuser). Connects to the server's own database."""
    with psycopg.connect(_with(url, database="postgres"), connect_timeout=10) as connection:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def prepare(admin_url: str, *, database: str | None = None, passwords: Mapping[str, str] | None = None) -> Urls:
    """Make roles, the database (the one named in the url unless given) and its extensions.

    Returns the logins for the web (bare) and for migrations (owner). Unless given by role, the passwords are
    derived from the admin's own, so that two checkouts on one server agree without a file between them.
    """
    name = database or unquote(urlsplit(admin_url).path.lstrip("/")) or "hpms"
    passwords = passwords or {role: _derived(admin_url, role) for role in (OWNER, APP)}
    urls = Urls(
        app=_with(admin_url, database=name, user=APP, password=passwords[APP]),
        owner=_with(admin_url, database=name, user=OWNER, password=passwords[OWNER]),
    )
    with psycopg.connect(_with(admin_url, database="postgres"), autocommit=True, connect_timeout=10) as server:
        if server.info.server_version < OLDEST * 10_000:
            version = server.info.parameter_status("server_version")
            raise NotPreparedError(f"HPMS needs PostgreSQL {OLDEST} or later; this server is {version}.")
        if not is_privileged(admin_url):
            raise NotPreparedError("Preparing a PostgreSQL server needs a superuser's login.")
        # Two test workers, or two checkouts on one server, must not alter a role at once. Gone with the connection.
        server.execute("SELECT pg_advisory_lock(hashtext('hpms.bootstrap'))")
        _prepare_roles(server, passwords)
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(sql.SQL("CREATE DATABASE {} OWNER hpms_owner").format(sql.Identifier(name)))
        prepare_database(_with(admin_url, database=name))
    return urls


def prepare_database(url: str) -> None:
    """Extensions, schemas and revokes of one database, as superuser."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        for statement in DATABASE:
            connection.execute(statement)


def _prepare_roles(server: psycopg.Connection[tuple[object, ...]], passwords: Mapping[str, str]) -> None:
    have = {row[0] for row in server.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'hpms%'")}
    with server.transaction():
        for role, options in ((OWNER, "LOGIN CREATEROLE"), (APP, "LOGIN NOINHERIT"), (PLATFORM, "NOLOGIN")):
            if role not in have:
                server.execute(sql.SQL("CREATE ROLE {} " + options).format(sql.Identifier(role)))
            if role != PLATFORM:
                server.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(passwords[role]))
                )
        bare = "" if server.info.server_version < 160000 else " WITH INHERIT FALSE, SET TRUE"
        server.execute("GRANT hpms_platform TO hpms_app" + bare)


def _derived(admin_url: str, role: str) -> str:
    secret = unquote(urlsplit(admin_url).password or "")
    return hmac.new(secret.encode(), f"hpms.login.{role}".encode(), hashlib.sha256).hexdigest()


def _with(url: str, *, database: str, user: str | None = None, password: str = "") -> str:
    parts = urlsplit(url)
    netloc = parts.netloc
    if user is not None:
        host = netloc.rpartition("@")[2]
        netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"
    return urlunsplit((parts.scheme, netloc, f"/{quote(database, safe='')}", parts.query, ""))


def main() -> None:
    """python -m apps.tenants.bootstrap: prepare an installation's server, from the addresses in the environment."""
    try:
        admin, app, owner = (
            os.environ[name] for name in ("HPMS_ADMIN_DATABASE_URL", "HPMS_DATABASE_URL", "HPMS_OWNER_DATABASE_URL")
        )
    except KeyError as missing:
        sys.exit(f"{missing.args[0]} is missing: name the superuser's, the app's and the owner's login.")
    passwords = {APP: unquote(urlsplit(app).password or ""), OWNER: unquote(urlsplit(owner).password or "")}
    if not all(passwords.values()):
        sys.exit("HPMS_DATABASE_URL and HPMS_OWNER_DATABASE_URL need a password each.")
    try:
        prepare(admin, database=unquote(urlsplit(app).path.lstrip("/")), passwords=passwords)
    except (NotPreparedError, psycopg.OperationalError) as problem:
        sys.exit(f"The server could not be prepared: {problem}")


if __name__ == "__main__":
    main()
