"""The books: who may read them, who may rename an account."""

from datetime import UTC, date, datetime
from decimal import Decimal

from apps.ledger import journal
from apps.ledger.checking import running
from apps.ledger.models import Account

READS = {"anonymous": 302, "clinic_admin": 200, "billing_manager": 200, "compliance_officer": 200, "*": 403}
API_READS = READS | {"anonymous": 401}
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
    "POST ledger:rename_account": {"anonymous": 302, "clinic_admin": 302, "*": 403},
}


def kwargs(name, cast):
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
    return {"name": "Front till"}
