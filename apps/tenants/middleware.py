"""Host → clinic, then one transaction around everything the request does."""

import ipaddress
import logging
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import SimpleTemplateResponse
from django.urls import set_urlconf

from apps.core.connection import connection
from apps.core.problems import plain_problem
from apps.tenants.hosts import clinic_for_host, got_no_connection

log = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]


class ClinicMiddleware:
    """Outermost of those that query: sessions, sign-in, messages, the view and its trail share a fate.

    A request is one transaction: a 5xx rolls back all of it; a refused view loses only its own writes
    (ATOMIC_REQUESTS gives each view a savepoint).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self._answer(request)
        except OperationalError as problem:  # of a door that could not be opened: what goes wrong behind it is a 500
            if not got_no_connection(problem):
                raise
            log.error("No connection to the database in time.")
            response = _closed_door(request, 503, "away")
            response["Retry-After"] = "10"
            return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            host = request.get_host().rpartition(":")[0] or request.get_host()
        except DisallowedHost:
            return _closed_door(request, 404, "unknown")
        clinic = clinic_for_host(host.lower().rstrip("."))
        if clinic is None or clinic.state in ("opening", "erasing"):
            return _closed_door(request, 404, "unknown")
        if clinic.state == "suspended":
            return _closed_door(request, 503, "suspended")
        request.tenant = clinic  # type: ignore[attr-defined]
        request.id = uuid.uuid4().hex  # type: ignore[attr-defined]
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF if clinic.is_platform else settings.ROOT_URLCONF
        set_urlconf(request.urlconf)
        with connection.inside(
            clinic.schema_name,
            clinic=clinic.id,
            actor="anonymous",
            request_id=request.id,  # type: ignore[attr-defined]
            ip=client_ip(request),
            slug=clinic.slug,
            name=clinic.name,
        ):
            response = self.get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response


class ActorMiddleware:
    """After AuthenticationMiddleware: tells the trail who is writing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            request.user.act()
        return self.get_response(request)


def client_ip(request: HttpRequest) -> str:
    """The address of the person's machine: the last hop that our own proxies did not add themselves."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    trusted = settings.HPMS_TRUSTED_PROXIES
    candidate = hops[-trusted] if trusted and len(hops) >= trusted else request.META.get("REMOTE_ADDR", "")
    return candidate if _is_address(candidate) else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _closed_door(request: HttpRequest, status: int, why: str) -> HttpResponse:
    """Nobody lives here, or the door is closed: said without touching any clinic."""
    if request.path.startswith("/api/"):
        code, detail = {
            "unknown": ("unknown_clinic", "No clinic lives at this address."),
            "suspended": ("clinic_suspended", "This clinic is closed for now."),
            "away": ("busy", "Too much is going on at this moment, or the database is away. Nothing was changed."),
        }[why]
        return plain_problem(request, status, detail, code=code)
    return render(request, "tenants/closed_door.html", {"why": why}, status=status)
