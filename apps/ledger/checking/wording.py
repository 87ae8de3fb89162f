"""What was found, in words: amounts as the clinic writes them, documents by their numbers, nobody by name."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.ledger.checking import checks
from apps.ledger.models import BookCheckResult
from apps.ledger.writing import Writer


def title(result: BookCheckResult) -> str:
    """What the check proves; of a check that was made once and is no longer known, its code."""
    check = checks.find(result.code)
    return str(check.title) if check else result.code


def sentences(result: BookCheckResult, write: Writer) -> Iterable[tuple[dict[str, Any], str]]:
    """Each finding with what is wrong with it."""
    check = checks.find(result.code)
    for finding in result.findings:
        words = check.words.get(finding["kind"]) if check else None
        yield finding, str(words) % _Figures(finding["figures"], write) if words else _("This is wrong.")


class _Figures(dict[str, Any]):
    """Strings are amounts, the rest are counts; what an older edition did not say is left open."""

    def __init__(self, figures: dict[str, Any], write: Writer) -> None:
        super().__init__(
            {name: write.money(Decimal(value)) if isinstance(value, str) else value for name, value in figures.items()}
        )

    def __missing__(self, name: str) -> str:
        return "–"
