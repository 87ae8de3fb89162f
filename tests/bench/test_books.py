"""The bench's years of books are books: whoever checks them finds nothing."""

from datetime import timedelta
from typing import Any

from apps.bench.books import fill_books
from apps.bench.stage import staged
from apps.billing.models import Invoice, InvoiceStatus
from apps.core.clock import now
from apps.ledger.checking.running import check_books
from apps.ledger.models import JournalEntry


def test_copied_days_are_books_that_the_rules_could_have_made(throw_away: str) -> None:
    said: list[Any] = []
    days = now().timetuple().tm_yday + 3  # into the year before: numbers begin anew
    with staged(providers=1, appointments=1, days=1, patients=30, tell=said.append) as stage:
        fill_books(stage, days=days, invoices_a_day=20, tell=said.append)
        with stage.inside():
            assert Invoice.objects.count() == days * 20
            assert set(Invoice.objects.values_list("status", flat=True)) >= {
                InvoiceStatus.PAID,
                InvoiceStatus.PARTIALLY_PAID,
                InvoiceStatus.VOID,
            }
            assert JournalEntry.objects.filter(effective_on=stage.day - timedelta(days=1)).exists()
            run = check_books(by=stage.admin, at=now())
            assert [(result.code, result.findings) for result in run.results.all() if result.found] == []
