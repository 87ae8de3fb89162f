"""What the checker of accessibility finds on a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

COLOURS = ("color-contrast", "link-in-text-block")  # the only rules that another scheme can break
PHONE = 400
# A change of scheme lets colours glide: they are looked at once arrived. Finishing one may start another below it.
SETTLED = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (let round = 0; round < 50; round++) {
        const gliding = document.getAnimations().filter(one => one instanceof CSSTransition);
        if (!gliding.length) break;
        gliding.forEach(one => one.finish());
    }
}"""
MARK_TEXTS = (Path(__file__).parent / "alike.js").read_text(encoding="utf-8")
ASK_OF_MARKED = "axe.configure({rules: [{id: 'color-contrast', selector: '[data-text]'}]})"


def violations(page: Any, *, off: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> list[str]:
    """Every rule, target-size of WCAG 2.2 too, but those that are `off`; or `only` these.

    The contrast of texts that look alike is asked once (alike.js).

    Looked at from the top, so that it does not depend on what a bar that stays in sight covers at the moment. Ask
    last: the checker itself leaves empty style attributes behind, which the policy then reports.
    """
    # Only what was found is told: what every rule passed is hundreds of kilobytes a page.
    options: dict[str, Any] = {"resultTypes": ["violations"], "elementRef": False, "preload": False}
    if only:
        options["runOnly"] = {"type": "rule", "values": [rule for rule in only if rule not in off]}
    else:
        options["rules"] = {"target-size": {"enabled": True}} | {rule: {"enabled": False} for rule in off}
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(f"{AXE_SCRIPT}; {ASK_OF_MARKED}")
    page.evaluate(MARK_TEXTS)
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", options)
    return [f"{one['id']}: {[node['target'] for node in one['nodes'][:5]]}" for one in found]


def in_both_schemes(page: Any, *, off: tuple[str, ...] = ()) -> list[str]:
    """Everything on the light page, and what can be wrong with the colours of the same page in the dark."""
    found = [f"light: {one}" for one in violations(page, off=off)]
    with _seen(page, scheme="dark"):
        return found + [f"dark: {one}" for one in violations(page, off=off, only=COLOURS)]


def wide_and_narrow(page: Any, *, off: tuple[str, ...] = ()) -> list[str]:
    """Everything on the wide light page and on the narrow dark one, where other parts show; what sticks out too."""
    found = [f"light, wide: {one}" for one in violations(page, off=off)] + _sticking_out(page)
    with _seen(page, scheme="dark", width=PHONE):
        return found + [f"dark, narrow: {one}" for one in violations(page, off=off)] + _sticking_out(page)


def _sticking_out(page: Any) -> list[str]:
    wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [f"{wide} pixels in {room}"] if wide > room else []


@contextmanager
def _seen(page: Any, *, scheme: str, width: int | None = None) -> Iterator[None]:
    """The page that is already there, in another light and perhaps at another width."""
    before = page.viewport_size
    _settle(page, scheme, before | {"width": width or before["width"]})
    yield
    _settle(page, "light", before)


def _settle(page: Any, scheme: str, size: dict[str, int]) -> None:
    page.emulate_media(color_scheme=scheme)
    if page.viewport_size != size:
        page.set_viewport_size(size)
    page.evaluate(SETTLED)
    assert page.evaluate("dark => matchMedia('(prefers-color-scheme: dark)').matches === dark", scheme == "dark")
    assert not page.evaluate("document.documentElement.dataset.bsTheme"), "somebody chose an appearance"
