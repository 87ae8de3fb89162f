"""Rows of bills and books as an attacker would write them: each right but for what an attack changes. Words in braces
are the ids of `Siege`."""

from tests.guards.siege import insert

INVOICE, LINE, PAYMENT, ALLOCATION, REFUND, VOID = (
    f"billing_{name}" for name in ("invoice", "invoiceline", "payment", "paymentallocation", "refund", "invoicevoid")
)
DISCOUNT = "billing_discount"
ACCOUNT, ENTRY, JOURNAL_LINE = (f"ledger_{name}" for name in ("account", "journalentry", "journalline"))
NEW = "'00000000-0000-4000-8000-000000000001'::uuid"
NEVER = "money is voided or refunded, never removed"


def draft(**values: str) -> str:
    usual = {
        **dict.fromkeys(("net", "tax", "total", "applied", "refunded"), "0"),
        "id": "gen_random_uuid()",
        "number": "''",
        "patient_id": "{asha}",
        "source": "'desk'",
        "source_reference": "''",
        "currency": "'INR'",
        "decimals": "2",
        "created_at": "now()",
        "created_by_id": "{bela}",
    }
    return insert(INVOICE, {**usual, **values})


def pending(**values: str) -> str:
    usual = {
        **dict.fromkeys(("applied", "refunded"), "0"),
        **dict.fromkeys(("number", "reference", "source_reference", "failure"), "''"),
        "id": "gen_random_uuid()",
        "patient_id": "{asha}",
        "method": "'card'",
        "amount": "5",
        "currency": "'INR'",
        "received_on": "current_date",
        "created_at": "now()",
        "created_by_id": "{carl}",
    }
    return insert(PAYMENT, {**usual, **values})


def allocation(**values: str) -> str:
    usual = {
        "id": "gen_random_uuid()",
        "payment_id": "{payment}",
        "invoice_id": "{open}",
        "kind": "'credit'",
        "amount": "5",
        "recognised": "5",
        "at": "now()",
        "by_id": "{carl}",
    }
    return insert(ALLOCATION, {**usual, **values})


def entry(**values: str) -> str:
    usual = {
        "id": "gen_random_uuid()",
        "number": "'X-1'",
        "effective_on": "current_date",
        "recorded_at": "now()",
        "source": "'attack'",
        "description": "'An attack'",
        "made_in": "0",
    }
    return insert(ENTRY, {**usual, **values})


def journal_line(which: str, role: str, **sides: str) -> str:
    sums = {"debit": "0", "credit": "0", **sides}
    return (
        f"INSERT INTO {JOURNAL_LINE} (entry_id, account_id, {', '.join(sums)}, effective_on, recorded_at)"
        f" SELECT {which}, id, {', '.join(sums.values())}, current_date, now() FROM {ACCOUNT} WHERE role = '{role}'"
    )
