"""Cooked entries and closings: what the checks of any books notice."""

from tests.billing.cooking.recipe import Recipe, line

COOKED: list[Recipe] = [
    (
        "entries_balance",
        (line("{mirror}", "write_off", 7),),
        {
            "entries_balance": [("entry", "mirror")],
            "trial_balance": [("trial_balance", "")],
            "reversals": [("entry", "mirror")],
        },
    ),
    (
        "trial_balance",
        ("DELETE FROM ledger_journalline WHERE entry_id = {receipt_of_card} AND debit = 100",),
        {
            "entries_balance": [("entry", "receipt_of_card")],
            "trial_balance": [("trial_balance", "")],
            "tills": [("payment", "card")],
        },
    ),
    (
        "lines_follow_entries",
        ("UPDATE ledger_journalline SET effective_on = effective_on - 1 WHERE entry_id = {receipt_of_card}",),
        {"lines_follow_entries": [("entry", "receipt_of_card")]},
    ),
    (
        "account_days",
        (
            "UPDATE ledger_accountday SET debit = debit + 1"
            " WHERE account_id = (SELECT id FROM ledger_account WHERE role = 'card')",
        ),
        {"account_days": [("account_day", "1010 2026-05-11")]},
    ),
    (
        "reversals",
        ("UPDATE ledger_journalline SET subject = {ben} WHERE entry_id = {mirror} AND credit = 50",),
        {"reversals": [("entry", "mirror")]},
    ),
    (
        "entry_numbers",
        ("UPDATE ledger_journalentry SET number = 'JRN-2026-00099' WHERE id = {mirror}",),
        {"entry_numbers": [("counter", "JRN-2026"), ("missing", "mirror"), ("missing", "JRN-2026-00026")]},
    ),
    (
        "entries_balance",
        ("DELETE FROM ledger_journalline WHERE entry_id = {mirror}",),
        {
            "entries_balance": [("entry", "mirror")],
            "reversals": [("entry", "mirror")],
            "receivable": [("invoice", "void")],
            "earned": [("invoice", "void")],
        },
    ),
    (
        "reversals",
        (
            "INSERT INTO ledger_journalentry (id, number, effective_on, recorded_at, source, description, reverses_id,"
            " made_in) SELECT gen_random_uuid(), 'JRN-2026-00026', effective_on, recorded_at, 'attack', 'Again',"
            " reverses_id, 0 FROM ledger_journalentry WHERE id = {mirror}",
            "INSERT INTO ledger_journalline (entry_id, account_id, debit, credit, subject, document, effective_on,"
            " recorded_at) SELECT e.id, account_id, debit, credit, subject, document, l.effective_on, l.recorded_at"
            " FROM ledger_journalline l, ledger_journalentry e WHERE entry_id = {mirror} AND e.source = 'attack'",
            "UPDATE core_numberseries SET last = 26 WHERE series = 'JRN'",
        ),
        {
            "reversals": [("entry", "mirror"), ("entry", "JRN-2026-00026")],
            "receivable": [("invoice", "void")],
            "earned": [("invoice", "void")],
        },
    ),
    (
        "reversals",
        (
            "UPDATE ledger_journalentry SET effective_on = effective_on + 1 WHERE id ="
            " (SELECT reverses_id FROM ledger_journalentry WHERE id = {mirror})",
            "UPDATE ledger_journalline SET effective_on = effective_on + 1 WHERE entry_id ="
            " (SELECT reverses_id FROM ledger_journalentry WHERE id = {mirror})",
        ),
        {"reversals": [("entry", "mirror")]},
    ),
    (
        "closed_days",
        ("UPDATE ledger_journalentry SET description = 'Another word' WHERE id = {issue_of_early}",),
        {"closed_days": [("day", "2026-05-04")]},
    ),
    (
        "closed_days",
        ("DELETE FROM ledger_closedday",),
        {"closed_days": [("day", "2026-05-04")]},
    ),
    (
        "closed_days",
        ("UPDATE ledger_closedday SET day = '2026-05-02' WHERE closing_id = {again}",),
        {"closed_days": [("day", "2026-05-02")]},
    ),
    (
        "closed_days",
        (
            "UPDATE ledger_journalentry SET effective_on = '2026-05-03' WHERE id = {issue_of_early}",
            "UPDATE ledger_journalline SET effective_on = '2026-05-03' WHERE entry_id = {issue_of_early}",
        ),
        {"closed_days": [("day", "2026-05-03"), ("day", "2026-05-04")]},
    ),
    (
        "closings",
        ("UPDATE ledger_reopeningrequest SET by_id = (SELECT by_id FROM ledger_bookclosing WHERE id = {opened})",),
        {"closings": [("closing", "2")]},
    ),
    (
        "closings",
        ("UPDATE ledger_bookclosing SET place = 4 WHERE id = {again}",),
        {"closings": [("closing", "4")]},
    ),
]
