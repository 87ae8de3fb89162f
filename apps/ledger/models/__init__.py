from apps.ledger.models.books import Account, AccountDay, JournalEntry, JournalLine, JournalLineQuerySet
from apps.ledger.models.checks import BookCheck, BookCheckResult
from apps.ledger.models.closings import BookClosing, ClosedDay, ReopeningRefusal, ReopeningRequest

__all__ = [
    "Account",
    "AccountDay",
    "BookCheck",
    "BookCheckResult",
    "BookClosing",
    "ClosedDay",
    "JournalEntry",
    "JournalLine",
    "JournalLineQuerySet",
    "ReopeningRefusal",
    "ReopeningRequest",
]
