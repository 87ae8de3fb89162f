"""Addresses by department: one whose first word is none of a department's is not compared with all of its addresses."""

from functools import cached_property
from importlib import import_module
from typing import Any

from django.urls import include
from django.urls.resolvers import RoutePattern, URLPattern, URLResolver


def department(urlconf: str) -> URLResolver:
    """As ``path("", include(urlconf))``, for one whose addresses all begin with words of their own."""
    module, app_name, namespace = include(urlconf)
    return URLResolver(_FirstWords(urlconf), module, None, app_name=app_name, namespace=namespace)


class _FirstWords(RoutePattern):
    def __init__(self, urlconf: str) -> None:
        super().__init__("", is_endpoint=False)
        self.urlconf = urlconf

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(_words(import_module(self.urlconf).urlpatterns))

    def match(self, path: str) -> Any:
        return super().match(path) if path.partition("/")[0] in self.words else None


def _words(patterns: list[URLPattern | URLResolver]) -> list[str]:
    words = []
    for pattern in patterns:
        word = str(pattern.pattern).partition("/")[0]
        if "<" in word or not isinstance(pattern.pattern, RoutePattern):
            raise TypeError(f"{pattern.pattern} begins with no word of its own.")
        words += _words(pattern.url_patterns) if not word and isinstance(pattern, URLResolver) else [word]
    return words
