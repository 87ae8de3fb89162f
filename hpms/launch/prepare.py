"""Bring the demo's tables, static files and clinics up to date, in one process. Says what it does line by line."""

from __future__ import annotations

import io
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command, get_commands
from django.db.migrations.exceptions import InconsistentMigrationHistory

from hpms.embedded.places import LOCAL
from hpms.launch.static import collect_if_changed

LOGINS = LOCAL / "logins.txt"


def main() -> None:
    """What the demo needs before its server starts; quick when nothing changed. With "tables": no demo clinics."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpms.settings")
    try:
        django.setup()
        call_command("migrate_clinics")
    except InconsistentMigrationHistory:
        sys.exit("The data here were made by an older version of HPMS. Start afresh with: make clean demo")
    except (CommandError, ImproperlyConfigured) as problem:
        sys.exit(str(problem))
    print("Static files", flush=True)
    collect_if_changed()
    if "tables" not in sys.argv[1:]:
        _make_demo()


def _make_demo() -> None:
    """make_demo says its progress on stderr, and on stdout the addresses and logins for the person at the keyboard."""
    if "make_demo" not in get_commands():
        return
    shown = io.StringIO()
    call_command("make_demo", stdout=shown, stderr=sys.stdout)
    LOGINS.write_text(shown.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
