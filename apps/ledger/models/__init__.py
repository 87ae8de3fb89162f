from apps.ledger.models.books import Account, JournalEntry, JournalLine, JournalLineQuerySet
from apps.ledger.models.checks import BookCheck, BookCheckResult

__all__ = ["Account", "BookCheck", "BookCheckResult", "JournalEntry", "JournalLine", "JournalLineQuerySet"]
