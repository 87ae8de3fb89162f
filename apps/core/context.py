"""What every page knows: how the person likes it to look, and whose house it is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")
THEME_COOKIE = "hpms_theme"


def house(request: HttpRequest) -> dict[str, Any]:
    """`house.theme` ("" follows the device), `house.name` (the clinic), `house.idle_seconds`."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    clinic = getattr(request, "tenant", None)
    return {
        "house": {
            "theme": theme if theme in THEMES else "",
            "name": getattr(clinic, "name", "") or "HPMS",
            "idle_seconds": settings.SESSION_COOKIE_AGE,
        }
    }
