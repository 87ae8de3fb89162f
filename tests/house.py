"""The house as people meet it: a real web server on a database of its own, and a real browser in front of it.

Clinics are reached by name (riverside.localhost): browsers resolve that themselves, Python does not, so plain HTTP
goes to 127.0.0.1 with a Host header.
"""

import http.client
import multiprocessing
import multiprocessing.forkserver
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from hpms.launch.static import collect_if_changed
from tests.kept import stage

ROOT = Path(__file__).resolve().parent.parent
# The shell is the same engine without windows, menus and the like, which tests would pay for and nobody sees.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
PATIENCE = 30  # seconds
# Each new window would load two pages of the browser's own, a second of work: the first two. The rest is Playwright's
# choice, whose list this one replaces.
FEATURES_OFF = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)


@dataclass(frozen=True)
class House:
    """A running server. Tests write into its database through the ordinary `connection`, as the app's role."""

    port: int
    database: str
    process: Any  # of subprocess or multiprocessing

    def url(self, clinic: Any, path: str = "/") -> str:
        return f"http://{clinic.host}:{self.port}{path}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pointing_at(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{quote(database)}", parts.query, ""))


def start_house(database: str, **environment: str) -> House:
    """A gunicorn with threads, as in production, on this database. Returns when it answers."""
    port = free_port()
    env = {key: value for key, value in os.environ.items() if key != "HPMS_OWNER_DATABASE_URL"}
    env |= {"HPMS_DATABASE_URL": pointing_at(os.environ["HPMS_DATABASE_URL"], database), **environment}
    command = [sys.executable, "-m", "gunicorn", "hpms.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "8"]
    process = subprocess.Popen([*command, "--log-level", "warning", "--graceful-timeout", "1"], cwd=ROOT, env=env)
    try:
        wait_for_answer(port, lambda: process.poll() is None)
    except RuntimeError:
        process.kill()
        raise
    return House(port, database, process)


@pytest.fixture(scope="session")
def loaded() -> Any:
    """A process that has loaded the house once. What is started from it is forked and need not load it again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["hpms.wsgi", "gunicorn.app.base", "gunicorn.arbiter", "gunicorn.workers.gthread"])
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("HPMS_OWNER_DATABASE_URL")
        multiprocessing.forkserver.ensure_running()
    return context


@pytest.fixture(scope="module")
def house(
    modules_own: str, collected_static: None, loaded: multiprocessing.context.ForkServerContext
) -> Iterator[House]:
    """One server a module, on the module's own database."""
    port = free_port()
    process = loaded.Process(target=serve, args=(modules_own, port))
    process.start()
    try:
        wait_for_answer(port, process.is_alive)
        yield House(port, modules_own, process)
    finally:
        process.terminate()
        process.join(PATIENCE)


def serve(database: str, port: int) -> None:
    """What `start_house` does, in a process that has loaded the house."""
    from gunicorn.app.base import BaseApplication

    from hpms.wsgi import application

    class Server(BaseApplication):
        def load_config(self) -> None:
            wanted = {"bind": f"127.0.0.1:{port}", "threads": 8, "loglevel": "warning", "graceful_timeout": 0}
            for name, value in wanted.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    connections["default"].settings_dict["NAME"] = database
    Server().run()


def wait_for_answer(port: int, is_running: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and is_running():
        try:
            answer = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            answer.request("GET", "/healthz")
            if answer.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The web server did not start.")


@pytest.fixture(scope="session", autouse=True)
def collected_static() -> None:
    """The style sheets and scripts that pages name; one worker collects when they changed, the others wait."""
    collect_if_changed()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium. Skipped with a reason where there is none, failing with E2E_REQUIRED=1."""
    if CHROMIUM is None:
        if os.environ.get("E2E_REQUIRED") == "1":
            pytest.fail("E2E_REQUIRED=1, but there is no Chromium: apt-get install chromium-headless-shell.")
        pytest.skip("no Chromium on this machine: browser tests are left out")
    from playwright.sync_api import expect, sync_playwright  # only where there is a browser

    expect.set_options(timeout=PATIENCE * 1000)  # a busy machine is no failure

    # Playwright keeps an event loop in this thread, which Django takes for an asynchronous server.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                f"--disable-features={FEATURES_OFF}",
                # A page lives for seconds: compiling its scripts for speed costs more than it brings.
                "--js-flags=--no-maglev,--no-turbofan",
            ],
        )
        yield browser
        stage.strike()  # while Django still takes it for the thread that set the scene
        browser.close()


@dataclass
class Watched:
    """A page together with everything it must not do: leave the origin, break the policy, throw."""

    page: Any
    foreign: list[str]
    complaints: list[str]


@pytest.fixture
def page_of(chromium: Any, house: House) -> Iterator[Callable[..., Watched]]:
    """`page_of(riverside, sara)` is Sara's tab at Riverside, signed in and watched."""
    contexts = []

    def open_page(clinic: Any, person: Any = None, *, width: int = 1440, height: int = 900, **options: Any) -> Watched:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        if person is not None:
            client = Client(headers={"host": clinic.host})
            with clinic.inside(by=person):
                client.force_login(person)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": house.url(clinic)}])
        page = context.new_page()
        watched = Watched(page, [], [])
        page.on("request", lambda sent: _note_foreign(sent.url, house.port, watched.foreign))
        page.on("console", lambda said: _note_complaint(said, watched.complaints))
        page.on("pageerror", lambda thrown: watched.complaints.append(str(thrown)))
        return watched

    yield open_page
    for context in contexts:
        context.close()


def _note_complaint(said: Any, complaints: list[str]) -> None:
    """htmx also tells when a newer question takes an older one's place, as `hx-sync` wants: that is no complaint."""
    if said.type == "error" and not said.text.startswith(("htmx:afterRequest", "htmx:sendAbort")):
        complaints.append(said.text)


def _note_foreign(url: str, port: int, foreign: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"} and parts.port != port:
        foreign.append(url)
