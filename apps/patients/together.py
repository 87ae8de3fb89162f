"""What the departments have to say before two records become one: hung up like sections of the chart.

    add_finder("visits", "scheduling.view_appointment", upcoming_of_both)

A finder is called for people who hold the permission, with the two records, and answers with findings.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise

from apps.accounts.models import User
from apps.patients.models import Patient


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know before merging; `lines` are words and perhaps an address."""

    title: str | Promise
    lines: list[tuple[str, str]] = field(default_factory=list)
    tone: str = "grey"  # "amber": look twice


Finder = Callable[[Patient, Patient], Iterable[Finding]]
_finders: dict[str, tuple[str, Finder]] = {}


def add_finder(key: str, permission: str, finder: Finder) -> None:
    """Called from an AppConfig's ready(); the same key again replaces it."""
    _finders[key] = (permission, finder)


def findings_on(one: Patient, other: Patient, *, reader: User) -> list[Finding]:
    """What this person may know of it, in the order in which it was hung up."""
    found: list[Finding] = []
    for permission, finder in _finders.values():
        if reader.has_perm(permission):
            found += finder(one, other)
    return found
