"""The checker itself: what only the dark or only a phone shows is found on the page that was loaded light and wide."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.axe import in_both_schemes, violations, wide_and_narrow

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


PALE = 'style="color: #ccc; background: #fff"'
GREY = "color: #888; background: #fff"  # enough for large letters only
OUTLINED = "color: #ccc; background: #fff; text-shadow: 0 0 1px #000, 1px 1px 0 #000, -1px -1px 0 #000"
GROUND = "color: #555; background: #ddd"
BLENDED = "mix-blend-mode: multiply"
COVERED = """<style>.under { position: relative; }
    .under::%s { content: ''; position: absolute; inset: 0; background: #000; }</style>"""
PLACED = '<b style="position: absolute; left: 0; top: %s; color: #333">Words</b>'


@pytest.mark.parametrize(
    "part",
    [
        "<p>Words</p><p style='color: #ccc'>Words</p><p>Words</p>",
        "<p><i>Words</i></p>" * 3 + '<p style="opacity: .3"><i>Words</i></p>',
        '<style>p:nth-of-type(4) { background: #444 }</style><p style="color: #000">Words</p>' + "<p>Words</p>" * 3,
        f"<p {PALE}>…—</p><p {PALE}>W</p><p {PALE}>Words</p>",
        f"<button disabled {PALE}>Words</button><button {PALE}>Words</button>",
        f"<label {PALE}>Words<input disabled></label><label {PALE}>Words<input></label>",
        PLACED % "300px" + '<div style="position: absolute; inset: 90px 0 auto; height: 30px; background: #555"></div>'
        + PLACED % "95px",
        f'<p style="{GREY}; font-size: 32px">Words</p><p style="{GREY}">Words</p>',
        f'<p style="{GREY}; font-size: 19px; font-weight: 700">Words</p><p style="{GREY}; font-size: 19px">Words</p>',
        f'<p style="{OUTLINED}">Words</p><p style="color: #ccc; background: #fff">Words</p>',
        f'<div style="background: #222"><p style="{GROUND}">Words</p><p style="{GROUND}; {BLENDED}">Words</p></div>',
        f"{COVERED % 'before'}<p class='under' {PALE}>Words</p><p {PALE}>Words</p>",
        f"{COVERED % 'after'}<p class='under' {PALE}>Words</p><p {PALE}>Words</p>",
    ],
    ids=[
        *("among sound ones", "faded", "striped", "letters first", "disabled", "its field disabled", "over another"),
        *("large first", "bold first", "outlined first", "blended", "before it", "after it"),
    ],
)  # fmt: skip
def test_one_pale_text_among_many_alike_is_found(page: Any, part: str) -> None:
    page.set_content(SOUND % ("", part))
    assert [one.split(":")[0] for one in violations(page)] == ["color-contrast"]


def test_contrast_is_asked_once_of_what_looks_alike(page: Any) -> None:
    page.set_content(SOUND % ("", f"<p {PALE}>Words <b>said</b></p>" * 40))
    (told,) = violations(page)
    assert told.count("data-text") == 2, "the first and its bold word"
