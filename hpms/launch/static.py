"""Collect the files that browsers ask for: named by their content, compressed, and only when something changed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from hpms.embedded.places import LOCAL, ROOT

MARK = LOCAL / "static.mark"


def collect_if_changed() -> None:
    """Collect in a process of its own: this one may have read the old names already. Others wait for their turn."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "static.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = _fingerprint()
        if not (MARK.exists() and MARK.read_text() == mark and settings.STATIC_ROOT.exists()):
            subprocess.run([sys.executable, "-m", "hpms.launch.static"], cwd=ROOT, check=True)
            MARK.write_text(mark)


def main() -> None:
    """Collect beside the old folder, then take its place, so that a killed run leaves the old one."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpms.settings")
    django.setup()
    old = settings.STATIC_ROOT
    settings.STATIC_ROOT = fresh = old.with_name("static.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    shutil.rmtree(old, ignore_errors=True)
    fresh.rename(old)


def _fingerprint() -> str:
    found = hashlib.sha256(f"{django.VERSION} {settings.STORAGES['staticfiles']}".encode())
    found.update((ROOT / "apps" / "core" / "staticfiles.py").read_bytes())  # says what is collected, and how
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = os.stat(storage.path(path))  # noqa: PTH116 - a string from the storage
            found.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return found.hexdigest()


if __name__ == "__main__":
    main()
