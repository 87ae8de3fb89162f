"""Bring the demo's tables, static files and clinics up to date, in one process. Says what it does line by line."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands

from hpms.embedded.places import LOCAL

LOGINS = LOCAL / "logins.txt"


def main() -> None:
    """What the demo needs before its server starts; quick when nothing changed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpms.settings")
    django.setup()
    call_command("migrate_clinics")
    _collect_static()
    _make_demo()


def _collect_static() -> None:
    mark = _static_fingerprint()
    stamp = LOCAL / "static.mark"
    if stamp.exists() and stamp.read_text() == mark and settings.STATIC_ROOT.exists():
        return
    print("static files", flush=True)
    fresh = settings.STATIC_ROOT.with_name("static.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    settings.STATIC_ROOT, old = fresh, settings.STATIC_ROOT
    call_command("collectstatic", interactive=False, verbosity=0)
    shutil.rmtree(old, ignore_errors=True)
    fresh.rename(old)
    stamp.write_text(mark)


def _static_fingerprint() -> str:
    found = hashlib.sha256(f"{django.VERSION} {settings.STORAGES['staticfiles']}".encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = os.stat(storage.path(path))  # noqa: PTH116 - a string from the storage
            found.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _make_demo() -> None:
    """make_demo says its progress on stderr, and on stdout the addresses and logins for the person at the keyboard."""
    if "make_demo" not in get_commands():
        return
    shown = io.StringIO()
    call_command("make_demo", stdout=shown, stderr=sys.stdout)
    LOGINS.write_text(shown.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
