"""A new clinic in a second: what Django's migrations did for one fresh schema is written down and played again.

The tape of statements is kept per fingerprint of all migrations, so it can never be older than they are. Migrations
remain the truth: without a tape they run, and a test compares a migrated schema with a played one, row by row.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from psycopg import sql

from apps.tenants.models import Blueprint

OWNER = "owner"
NOT_ON_TAPE = ("SELECT", "SET ", "SHOW", "SAVEPOINT", "RELEASE", "ROLLBACK")


def fingerprint() -> str:
    """Of every migration that shapes a clinic, its SQL files included."""
    digest = hashlib.sha256()
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        if config.name in settings.TENANT_APPS:
            for file in sorted(Path(config.path, "migrations").rglob("*")):
                if file.suffix in {".py", ".sql"}:
                    digest.update(f"{config.label}/{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()


@contextmanager
def recorded() -> Iterator[None]:
    """Write down every statement that the owner sends meanwhile, and keep the tape for the next clinic."""
    tape: list[str] = []

    def write_down(execute: Callable[..., Any], query: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        text = query if isinstance(query, str) else query.as_string(context["connection"].connection)
        if not text.lstrip().upper().startswith(NOT_ON_TAPE):
            tape.append(context["cursor"].cursor.mogrify(text, params) if params else text)
        return execute(query, params, many, context)

    with connections[OWNER].execute_wrapper(write_down):
        yield
    Blueprint.objects.using(OWNER).update_or_create(
        fingerprint=fingerprint(), defaults={"statements": ";\n".join(statement.rstrip("; \n") for statement in tape)}
    )


def play_into(schema: str) -> bool:
    """Build a fresh schema from the tape, all or nothing. False when there is no tape for these migrations."""
    blueprint = Blueprint.objects.using(OWNER).filter(fingerprint=fingerprint()).first()
    if blueprint is None:
        return False
    path = sql.SQL("SET LOCAL search_path TO {};\n").format(sql.Identifier(schema))
    with transaction.atomic(using=OWNER):
        connection = connections[OWNER]
        connection.ensure_connection()
        with connection.connection.cursor() as cursor:
            cursor.execute(path.as_string(connection.connection) + blueprint.statements)
    return True
