"""How books are cooked, and who notices: for test_cooked_books.py, where the names in braces come from."""

from tests.billing.cooking import drawers, gateways, ledger, lowered, papers

COOKED = [*ledger.COOKED, *papers.COOKED, *lowered.COOKED, *drawers.COOKED, *gateways.COOKED]
