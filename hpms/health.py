"""Is the house alive, is it ready? Asked by proxies and supervisors, on any host name, before any clinic is looked up.

/healthz touches nothing: it answers as long as the process does. /readyz asks everything that a request needs and
tells no more than which part is missing. /known-host is for the TLS proxy, which fetches certificates only for hosts
where somebody lives.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.core import encryption
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.core.released import released_migrations
from apps.tenants.hosts import clinic_for_host
from hpms.celery import app as workers

ASK_AGAIN_AFTER = 2.0  # seconds; strangers who knock faster get the last answer
BROKER_PATIENCE = 2

log = logging.getLogger(__name__)
_asking = threading.Lock()
_answer: tuple[float, dict[str, str]] = (0.0, {})


class HealthMiddleware:
    """Answers the two questions, passes everything else on. Stands first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("alive\n", content_type="text/plain")
        if request.path == "/readyz":
            found = readiness()
            return _unlogged(JsonResponse(found, status=200 if set(found.values()) == {"ok"} else 503))
        if request.path == "/known-host":
            return _unlogged(HttpResponse(status=200 if _is_known(request.GET.get("domain", "")) else 404))
        return self.get_response(request)


def readiness() -> dict[str, str]:
    """Each part that a request needs: "ok" or "missing"."""
    global _answer
    with _asking:
        asked, found = _answer
        if not found or time.monotonic() - asked > ASK_AGAIN_AFTER:
            found = {}
            for name, question in QUESTIONS.items():
                # Each would wait as long for a connection: a prober has given up by then, and threads wait behind it.
                in_vain = name in IN_THE_DATABASE and found["database"] == "missing"
                found[name] = "missing" if in_vain else _ask(name, question)
            _answer = (time.monotonic(), found)
        return found


def _unlogged(response: HttpResponse) -> HttpResponse:
    """Django would log each 404 and 503; what is missing is logged once, by _ask, with its kind."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _is_known(host: str) -> bool:
    clinic = clinic_for_host(host.lower().rstrip(".")) if "\x00" not in host else None
    return clinic is not None and clinic.state != "opening"


def _ask(name: str, question: Callable[[], None]) -> str:
    try:
        question()
    except Exception as problem:  # whatever it is, the answer is the same; the log has its kind
        log.warning("Not ready: %s (%s)", name, type(problem).__name__)
        return "missing"
    return "ok"


def _database() -> None:
    with connection.plumbing(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> None:
    """The platform has every migration that this release brings; clinics are `list_clinics`' concern."""
    with connection.inside("public", clinic=PLATFORM_ID, actor="readiness"):
        have = set(MigrationRecorder.Migration.objects.values_list("app", "name"))
    if released_migrations(settings.SHARED_APPS) - have:
        raise LookupError("migrations")


def _keys() -> None:
    """The root key opens the platform's keys."""
    with connection.inside("public", clinic=PLATFORM_ID, actor="readiness"):
        encryption.keyring()


def _broker() -> None:
    with workers.connection_for_write(transport_options={"socket_timeout": BROKER_PATIENCE}) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_PATIENCE)


IN_THE_DATABASE = {"migrations", "keys"}
QUESTIONS = {"database": _database, "migrations": _migrations, "keys": _keys, "broker": _broker}
