"""Billing's part of the check of the books. Period closes add theirs here when they come."""

from apps.billing.checking import drawers, in_the_books, line_taxes, on_paper, settlements, taken_back
from apps.ledger.checking import checks


def add() -> None:
    checks.add(in_the_books.CHECKS)
    checks.add(on_paper.CHECKS)
    checks.add(drawers.CHECKS)
    checks.add(line_taxes.CHECKS)
    checks.add(settlements.CHECKS)
    checks.add(taken_back.CHECKS)
