"""The books: who may read them, who may rename an account."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from apps.ledger import closing, journal
from apps.ledger.checking import running
from apps.ledger.models import Account

AT = timezone.now() - timedelta(days=2)
CLOSED = AT.date() - timedelta(days=9)
READS = {"anonymous": 302, "clinic_admin": 200, "billing_manager": 200, "compliance_officer": 200, "*": 403}
API_READS = READS | {"anonymous": 401}
ADMIN = {"anonymous": 302, "*": 403}
API_ADMIN = {"anonymous": 401, "clinic_admin": 201, "*": 403}
ROWS = {
    "ledger:entries": READS,
    "ledger:entry": READS,
    "ledger:trial_balance": READS,
    "ledger:trial_balance_csv": READS,
    "ledger:account": READS,
    "ledger:account_csv": READS,
    "ledger:account_pdf": READS,
    "ledger:trial_balance_pdf": READS,
    # Without an account in the address there is no such figure.
    "ledger:lines": READS | {"clinic_admin": 404, "billing_manager": 404, "compliance_officer": 404},
    "ledger:general_ledger": READS,
    "ledger:general_ledger_csv": READS,
    "ledger:general_ledger_pdf": READS,
    "GET api-trial-balance": API_READS,
    "GET api-general-ledger": API_READS,
    "GET api-account-statement": API_READS,
    "ledger:rename_account": {"anonymous": 302, "clinic_admin": 200, "*": 403},
    "api-journal-entries": API_READS,
    "api-journal-entry": API_READS,
    "ledger:check": READS,
    "ledger:earlier_check": READS,
    "POST ledger:ask_check": READS | {"clinic_admin": 302, "billing_manager": 302, "compliance_officer": 302},
    "api-book-checks": API_READS,
    "POST api-book-checks": API_READS | {"clinic_admin": 202, "billing_manager": 202, "compliance_officer": 202},
    "api-book-check": API_READS,
    "ledger:closing": READS,
    "POST ledger:close_books": ADMIN | {"clinic_admin": 302},
    "POST ledger:ask_to_reopen": ADMIN | {"clinic_admin": 302},
    "POST ledger:approve_reopening": ADMIN | {"clinic_admin": 302},
    "POST ledger:refuse_reopening": ADMIN | {"clinic_admin": 302},
    "api-book-closings": API_READS,
    "POST api-book-closings": API_ADMIN,
    "api-book-reopenings": API_READS,
    "POST api-book-reopenings": API_ADMIN,
    "POST api-book-reopening-approval": API_ADMIN,
    "POST api-book-reopening-refusal": API_ADMIN,
    "POST ledger:rename_account": {"anonymous": 302, "clinic_admin": 302, "*": 403},
}


def prepare(name, cast):
    if "ask_to_reopen" in name or name.endswith("book-reopenings"):
        closing.close(CLOSED, by=cast.ada, at=AT)


def kwargs(name, cast):
    if "reopening" in name:
        closing.close(CLOSED, by=cast.ada, at=AT)
        asked = closing.ask_to_reopen(CLOSED, reason="A bill was forgotten", by=cast.bela, at=AT)
        return {"pk": asked.pk}
    if "account" in name:
        return {"pk": Account.objects.get(role=Account.Role.CASH).pk}
    if "check" in name:
        return {"pk": running.check_books(by=cast.bela, at=datetime(2026, 11, 20, 9, tzinfo=UTC)).pk}
    entry = journal.post(
        effective_on=date(2026, 11, 20),
        description="Invoice issued",
        source="invoice_issued",
        source_id=None,
        lines=[
            journal.Line(Account.Role.ACCOUNTS_RECEIVABLE, debit=Decimal(50)),
            journal.Line(Account.Role.DEFERRED_REVENUE, credit=Decimal(50)),
        ],
        by=cast.bela,
        at=datetime(2026, 11, 20, 9, tzinfo=UTC),
    )
    return {"pk": entry.pk}


def data(name, cast):
    return {
        "name": "Front till",
        "closed_until": CLOSED.isoformat(),
        "reopen_from": CLOSED.isoformat(),
        "reason": "A bill was forgotten",
    }
