"""What no request may carry; and what every answer does: the security policy, the chosen look, news for fragments."""

from collections.abc import Callable
from typing import Any

from django.contrib.messages import get_messages
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, get_resolver, get_urlconf, resolve
from django.utils.cache import patch_vary_headers

from apps.core.context import THEME_COOKIE, THEMES
from apps.core.problems import plain_problem

GetResponse = Callable[[HttpRequest], HttpResponse]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_A_YEAR = 365 * 24 * 60 * 60


class SecurityHeaders:
    """Nothing from elsewhere, nothing inline, on every page, the admin included."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        # Answers hold health information: neither caches nor the back button of the next person may keep them.
        response.headers.setdefault("Cache-Control", "no-store")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ("HX-Request",))
        return response


class NoNulBytes:
    """No database keeps a NUL byte, and no keyboard makes one: such a request is refused, whichever part has it.

    Fields of forms and bodies of the API are looked at by their validators, which say it beside the field
    (`StrictJson`); what a view asks the database without one is refused by the database's driver.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = (text for name, values in request.GET.lists() for text in (name, *values))
        headers = (text for name, text in request.META.items() if name.startswith("HTTP_"))
        if any("\x00" in text for text in (request.path_info, *query, *headers, *request.COOKIES.values())):
            return self.refused(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        is_one = isinstance(problem, DataError) and "NUL (0x00)" in str(problem)
        return self.refused(request) if is_one else None

    def refused(self, request: HttpRequest) -> HttpResponse:
        """Answered, not raised: whoever sends thousands of them fills no log with tracebacks."""
        handler: Any = get_resolver(get_urlconf()).resolve_error_handler(400)
        answer: HttpResponse = handler(request, BadRequest("A NUL byte."))
        return answer


class Appearance:
    """?appearance=dark (light, auto) on any page is remembered in a cookie; works without JavaScript."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = request.GET.get("appearance")
        if request.method != "GET" or wanted not in (*THEMES, "auto"):
            return self.get_response(request)
        query = request.GET.copy()
        del query["appearance"]
        # A path that starts with two slashes would be another host to the browser.
        here = "/" + request.path.lstrip("/")
        response = HttpResponseRedirect(f"{here}?{query.urlencode()}" if query else here)
        if wanted == "auto":
            response.delete_cookie(THEME_COOKIE, samesite="Lax")
        else:
            response.set_cookie(THEME_COOKIE, wanted, max_age=_A_YEAR, samesite="Lax", secure=request.is_secure())
        return response


class OtherMethods:
    """Django answers 405 with an empty page: whoever opens the address of a form again is shown the way back."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        if request.path.startswith("/api/"):
            answer = plain_problem(request, 405, "This is not done here.", code="method_not_allowed")
        else:
            answer = render(request, "405.html", {"belongs_to": _page_above(request.path_info)}, status=405)
        answer.headers["Allow"] = response.headers["Allow"]
        return answer


def _page_above(path: str) -> str:
    """The nearest page above an address: the invoice of …/payment/. The start page is always there."""
    while path := path.rstrip("/").rpartition("/")[0]:
        try:
            resolve(f"{path}/")
        except Resolver404:
            continue
        return f"{path}/"
    return "/"


class ToastsOnFragments:
    """A fragment has no place for messages, so they travel beside it and land in the page's toasts."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("HX-Request") != "true" or not _will_be_swapped(response):
            return response
        waiting = get_messages(request)
        if len(waiting):
            response.content += render_to_string("components/_toasts_beside.html", request=request).encode()
        return response


def _will_be_swapped(response: HttpResponse) -> bool:
    return (
        not response.streaming
        and response.headers.get("Content-Type", "").startswith("text/html")
        and (200 <= response.status_code < 300 or response.status_code in (400, 409, 422))
        and response.status_code != 204
        and not {"HX-Redirect", "HX-Refresh", "HX-Location"} & set(response.headers)
        and b"<html" not in response.content[:2000]
    )
