"""Who may open a page. Every view says so with one of three words; a view that says nothing is refused.

Stands in core because the trail, which lies below the accounts, has pages too; all others know it as
``apps.accounts.access``.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator

View = TypeVar("View", bound=Callable[..., Any])

OPEN = "open"
SIGNED_IN = "signed in"


def requires(*permissions: str) -> Callable[[View], View]:
    """The page is for people who hold any one of these permissions ("scheduling.book_appointment")."""
    if not permissions:
        raise TypeError("requires() needs a permission; use signed_in or open_to_all.")

    def decorate(view: View) -> View:
        return _guard(view, permissions)

    return decorate


def signed_in(view: View) -> View:
    """The page is for everybody who works here."""
    return _guard(view, (SIGNED_IN,))


def open_to_all(view: View) -> View:
    """The page is public: sign-in, an invitation, a health check."""
    view.access = (OPEN,)  # type: ignore[attr-defined]
    return view


def is_marked(view: Callable[..., Any]) -> bool:
    """Whether a resolved view says who may open it."""
    holders = (view, getattr(view, "view_class", None), getattr(view, "cls", None))
    return any(getattr(holder, "access", None) for holder in holders)


def is_guarded_elsewhere(view: Callable[..., Any]) -> bool:
    """Whether a view is an API's (permission_classes say who) or an administration site's (admin_view does)."""
    is_api = hasattr(getattr(view, "cls", None), "permission_classes")
    return is_api or hasattr(view, "admin_site") or hasattr(view, "model_admin")


def may(user: Any, *permissions: str) -> bool:
    """Whether this person holds any one of the permissions."""
    return any(user.has_perm(permission) for permission in permissions)


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sends an anonymous visitor to sign in and back. A fragment request makes the whole page go there."""
    if request.headers.get("HX-Request") == "true":
        came_from = urlsplit(request.headers.get("HX-Current-URL", ""))
        here = came_from.path or "/"
        if came_from.query:
            here = f"{here}?{came_from.query}"
        response = HttpResponse(status=401)
        response["HX-Redirect"] = redirect_to_login(here, resolve_url(settings.LOGIN_URL)).url
        return response
    there = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    return redirect_to_login(there, resolve_url(settings.LOGIN_URL))


def _guard(view: View, permissions: tuple[str, ...]) -> View:
    if isinstance(view, type):
        guarded = method_decorator(lambda method: _guard(method, permissions), name="dispatch")(view)
        guarded.access = permissions  # type: ignore[attr-defined]
        return guarded

    @wraps(view)
    def check(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if permissions != (SIGNED_IN,) and not may(request.user, *permissions):
            raise PermissionDenied
        response: HttpResponseBase = view(request, *args, **kwargs)
        return response

    check.access = permissions  # type: ignore[attr-defined]
    return check  # type: ignore[return-value]
