"""The checker itself: what only the dark or only a phone shows is found on the page that was loaded light and wide."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.axe import in_both_schemes, wide_and_narrow

pytestmark = pytest.mark.browser
SOUND = """<!doctype html><html lang="en"><title>Sound</title><style>
    :root { color-scheme: light dark; } p, body { color: CanvasText; transition: color 9s; } %s
    </style><main><h1>Sound</h1><p>Words</p>%s</main></html>"""
DARK = "@media (prefers-color-scheme: dark) { %s }"
NARROW = "@media (min-width: 500px) { .phone { display: none; } }"


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def test_a_sound_page_passes_in_every_light(page: Any) -> None:
    page.set_content(SOUND % ("", ""))
    assert in_both_schemes(page) == []
    assert wide_and_narrow(page) == []
    assert page.viewport_size["width"] == 1440
    assert page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")


@pytest.mark.parametrize("look", [in_both_schemes, wide_and_narrow])
def test_what_cannot_be_read_in_the_dark_is_found(page: Any, look: Any) -> None:
    page.set_content(SOUND % (DARK % "p { color: #333; background: #222; }", ""))
    assert [one.split(":")[1].strip() for one in look(page)] == ["color-contrast"]


@pytest.mark.parametrize("look", [in_both_schemes, wide_and_narrow])
def test_what_cannot_be_read_in_the_light_is_found(page: Any, look: Any) -> None:
    page.set_content(
        SOUND % ("p { color: #ddd; background: #fff; }" + DARK % "p { color: #fff; background: #000; }", "")
    )
    assert [one.split(":")[0] for one in look(page)] == ["light" if look is in_both_schemes else "light, wide"]


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        ('<button class="phone"></button>', "button-name"),
        (
            '<button class="phone" style="width: 9px; height: 9px; padding: 0" aria-label="A"></button>' * 2,
            "target-size",
        ),
        ('<div class="phone" style="width: 600px">Wide</div>', "pixels in 400"),
    ],
)
def test_what_only_a_phone_shows_is_found(page: Any, part: str, rule: str) -> None:
    page.set_content(SOUND % (NARROW, part))
    found = wide_and_narrow(page)
    assert len(found) == 1 and rule in found[0]
