"""One view, two answers: the whole page, or only its changing part for htmx."""

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.http import url_has_allowed_host_and_scheme

NOBODY = UUID(int=0)


def written_id(text: object) -> UUID:
    """The id that is written there, or one that nothing has."""
    try:
        return UUID(str(text))
    except ValueError:
        return NOBODY


def addresses(name: str, *more: str) -> Callable[[UUID | str], str]:
    """Addresses of this page for many ids (and what stands behind them): worked out once, and not for each row."""
    before, after = _around(get_urlconf(), get_script_prefix(), name, *more)
    return lambda pk: f"{before}{pk}{after}"


@cache
def _around(urlconf: str | None, _prefix: str, name: str, *more: str) -> tuple[str, str]:
    before, _nobody, after = reverse(name, urlconf, args=[NOBODY, *more]).partition(str(NOBODY))
    return before, after


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page (going back in history always gets the whole one)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, fragment: str, status: int = 200
) -> HttpResponse:
    """Renders `fragment` ("patients/_rows.html", or "patients/list.html#rows") for htmx, else `template`."""
    return render(request, fragment if wants_fragment(request) else template, context, status=status)


def way_back(request: HttpRequest, otherwise: str = "") -> str:
    """Where the page that led here wants to go on afterwards (?next=, or a form's), if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else otherwise
