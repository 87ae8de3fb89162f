"""A department's addresses are looked through for those paths only that begin with one of its words."""

import sys
from types import ModuleType
from typing import Any

import pytest
from django.urls import Resolver404, path, re_path, reverse

from apps.core.routing import department


def page(request: Any, **_parts: Any) -> None: ...


def made_of(name: str, *patterns: Any) -> str:
    module = ModuleType(name)
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined]
    sys.modules[name] = module
    return name


def test_words_of_their_own_are_found_and_others_passed_by() -> None:
    inner = department(made_of("rooms_of_a_test", path("rooms/<int:pk>/", page)))
    outer = department(made_of("house_of_a_test", path("", page), path("bills/", page), inner))
    for known in ("", "bills/", "rooms/7/"):
        assert outer.resolve(known).func is page
    for unknown in ("billsx/", "rooms/seven/", "elsewhere/"):
        with pytest.raises(Resolver404):
            outer.resolve(unknown)
    assert outer.pattern.match("bills/nothing/") and outer.pattern.match("elsewhere/") is None


@pytest.mark.parametrize("vague", [path("<slug:word>/", page), re_path("^any", page)])
def test_a_department_whose_addresses_begin_with_anything_is_refused(vague: Any) -> None:
    with pytest.raises(TypeError, match="no word of its own"):
        department(made_of("vague_of_a_test", vague)).resolve("anything/")


def test_addresses_are_made_as_before() -> None:
    assert reverse("billing:services") == "/billing/services/"
