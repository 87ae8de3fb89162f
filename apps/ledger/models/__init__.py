from apps.ledger.models.books import Account, AccountDay, JournalEntry, JournalLine, JournalLineQuerySet
from apps.ledger.models.checks import BookCheck, BookCheckResult

__all__ = [
    "Account",
    "AccountDay",
    "BookCheck",
    "BookCheckResult",
    "JournalEntry",
    "JournalLine",
    "JournalLineQuerySet",
]
