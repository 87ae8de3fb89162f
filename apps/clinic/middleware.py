"""The administration site reads the clinic's own clock. Pages of ours say which zone they mean themselves."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from apps.clinic import profile


class ClinicClock:
    """Times in the administration are shown and typed as on the clinic's wall, not in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        clinic: Any = getattr(request, "tenant", None)
        here = request.path.startswith(_administration())
        if not here or clinic is None or clinic.is_platform or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(profile.current().zone):
            return self.get_response(request)


@cache
def _administration() -> str:
    return reverse("admin:index", settings.ROOT_URLCONF)
