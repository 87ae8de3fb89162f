"""What a check of the books is, and which there are: the ledger's own (books.py) and those of the departments above.

Each check is one set-based statement, which sees one state of the books: nobody has to stop working meanwhile. A
department adds its own when the house starts (``AppConfig.ready``), in the order in which they are shown.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

MOST_NAMED = 100  # of each check; all are counted
STATEMENT = """
    WITH {check}
    SELECT examined.n, w.total, w.kind, w.id, w.number, w.figures::text
      FROM examined LEFT JOIN (SELECT count(*) OVER () AS total, * FROM wrong ORDER BY kind, number, id LIMIT {most}) w
        ON true ORDER BY w.kind, w.number, w.id
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that holds in books that nobody has cooked.

    ``title`` and ``meaning`` say it in plain language, ``counted`` what is examined. ``sql`` is two parts of a WITH:
    ``examined (n)`` and ``wrong (kind, id, number, figures)``, a row for each thing that is wrong; helpers may stand
    before them. ``kind`` is what `core.naming` knows the thing by; ``words`` has a sentence for each kind, in which the
    ``figures`` stand: strings are amounts, integers are counts.
    """

    code: str
    title: str | Promise
    meaning: str | Promise
    counted: str | Promise
    words: Mapping[str, str | Promise]
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: which thing, what it is called, and the figures that contradict each other."""

    kind: str
    id: UUID | None
    number: str
    figures: dict[str, str | int]

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "id": str(self.id) if self.id else None,
            "number": self.number,
            "figures": self.figures,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many things a check looked at, how many were wrong, and the first of those."""

    examined: int
    found: int
    findings: list[Finding]


_checks: dict[str, Check] = {}


def add(checks: Iterable[Check]) -> None:
    """From now on the books are proved by these as well."""
    _checks.update({check.code: check for check in checks})


def all_checks() -> list[Check]:
    """In the order in which they are made and shown."""
    return list(_checks.values())


def find(code: str) -> Check | None:
    """The check of this code; None for one that was made once and is no longer known."""
    return _checks.get(code)


def examine(check: Check, cursor: Any) -> Outcome:
    """Make one check, in the clinic that the cursor is in."""
    cursor.execute(STATEMENT.format(check=check.sql, most=MOST_NAMED))
    rows = cursor.fetchall()
    findings = [
        Finding(kind, identifier, number, json.loads(figures))
        for _n, total, kind, identifier, number, figures in rows
        if total
    ]
    return Outcome(rows[0][0], rows[0][1] or 0, findings)
