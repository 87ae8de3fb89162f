"""Every page says who may open it; a browser that nobody uses is signed out; too busy is said kindly."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.accounts import access
from apps.accounts.hashers import TooBusyError
from apps.core.problems import plain_problem

GetResponse = Callable[[HttpRequest], HttpResponse]
RENEW_EVERY = 60  # seconds: a request renews the session at most that often, so that most cost no write
# What pages ask by themselves (polling) carries this header and does not count as somebody being there.
BACKGROUND = "X-Background"


class AccessMiddleware:
    """Deny by default: a view that no access rule marks is refused, whoever asks."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        if not (access.is_marked(view) or access.is_guarded_elsewhere(view)):
            raise PermissionDenied(f"{view.__module__}.{getattr(view, '__qualname__', view)} has no access rule.")

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if not isinstance(problem, TooBusyError):
            return None
        if request.path.startswith("/api/"):
            response = plain_problem(request, 503, "Too many sign-ins at this moment.", code="busy")
        else:
            response = render(request, "accounts/busy.html", status=503)
        response["Retry-After"] = "5"
        return response


class IdleMiddleware:
    """The session lives SESSION_COOKIE_AGE after the person's last request, not after sign-in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and BACKGROUND not in request.headers:
            now = int(timezone.now().timestamp())
            if now - request.session.get("seen", 0) >= RENEW_EVERY:
                request.session["seen"] = now
        return self.get_response(request)
