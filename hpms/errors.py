"""What a visitor sees when there is nothing here, when they may not, or when something broke."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from apps.core.problems import plain_problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return plain_problem(request, 400, "The request is not valid.", code="invalid")
    return _answer(defaults.bad_request(request, exception))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return plain_problem(request, 403, "You may not do this.", code="permission_denied")
    return _answer(defaults.permission_denied(request, exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return plain_problem(request, 404, "There is nothing here.", code="not_found")
    return _answer(defaults.page_not_found(request, exception))


def failed(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        return plain_problem(request, 500, "Something went wrong; nothing was changed.", code="failed")
    return _answer(defaults.server_error(request))


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _answer(response: Any) -> HttpResponse:
    answer: HttpResponse = response
    return answer
