"""What the checker of accessibility finds on a page."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT


def violations(page: Any, *, off: tuple[str, ...] = ()) -> list[str]:
    """Every rule, target-size of WCAG 2.2 too, but those that are `off`.

    Looked at from the top, so that it does not depend on what a bar that stays in sight covers at the moment. Ask
    last: the checker itself leaves empty style attributes behind, which the policy then reports.
    """
    rules = {"target-size": {"enabled": True}} | {rule: {"enabled": False} for rule in off}
    # Only what was found is told: what every rule passed is hundreds of kilobytes a page.
    options = {"resultTypes": ["violations"], "elementRef": False, "preload": False, "rules": rules}
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", options)
    return [f"{one['id']}: {[node['target'] for node in one['nodes'][:5]]}" for one in found]
