"""What the checker of accessibility finds on a page."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

# Only what was found is told: what every rule passed is hundreds of kilobytes a page.
OPTIONS = {
    "resultTypes": ["violations"],
    "elementRef": False,
    "preload": False,
    "rules": {"target-size": {"enabled": True}},  # of WCAG 2.2, off by itself
}


def violations(page: Any) -> list[str]:
    """Ask last: the checker itself leaves empty style attributes behind, which the policy then reports."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", OPTIONS)
    return [f"{one['id']}: {[node['target'] for node in one['nodes'][:5]]}" for one in found]
