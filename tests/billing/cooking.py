"""How books are cooked, and who notices: for test_cooked_books.py, where the names in braces come from."""

Found = dict[str, list[tuple[str, str]]]


def line(entry: str, role: str, amount: int, **about: str) -> str:
    """A line of an entry in SQL: positive amounts are debits."""
    values = {
        "entry_id": entry,
        "account_id": f"(SELECT id FROM ledger_account WHERE role = '{role}')",
        "debit": str(max(amount, 0)),
        "credit": str(max(-amount, 0)),
        "effective_on": f"(SELECT effective_on FROM ledger_journalentry WHERE id = {entry})",
        "recorded_at": f"(SELECT recorded_at FROM ledger_journalentry WHERE id = {entry})",
        **about,
    }
    return f"INSERT INTO ledger_journalline ({', '.join(values)}) VALUES ({', '.join(values.values())})"


# The check under trial → how the books are cooked, and exactly what is found by which checks.
COOKED: list[tuple[str, tuple[str, ...], Found]] = [
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
        "receivable",
        (
            line("{issue_of_partly}", "accounts_receivable", 30, document="{partly}", subject="{asha}"),
            line("{issue_of_partly}", "write_off", -30),
        ),
        {"receivable": [("invoice", "partly")]},
    ),
    (
        "credit",
        (
            line("{receipt_of_card}", "patient_credit", -5, subject="{ben}"),
            line("{receipt_of_card}", "write_off", 5),
        ),
        {"credit": [("patient_number", "ben")]},
    ),
    (
        "earned",
        (
            line("{receipt_of_card}", "deferred_revenue", 5, document="{partly}", subject="{asha}"),
            line("{receipt_of_card}", "revenue", -5, document="{partly}", subject="{asha}"),
        ),
        {"earned": [("invoice", "partly")]},
    ),
    (
        "tills",
        (
            "UPDATE ledger_journalline SET account_id = (SELECT id FROM ledger_account WHERE role = 'cash')"
            " WHERE entry_id = {receipt_of_card} AND debit = 100",
        ),
        {"tills": [("entry", "receipt_of_card"), ("payment", "card")]},
    ),
    (
        "invoice_lines",
        ("UPDATE billing_invoiceline SET quantity = 2 WHERE invoice_id = {partly}",),
        {"invoice_lines": [("invoice", "partly")]},
    ),
    (
        "line_taxes",
        (
            "UPDATE billing_invoicelinetax SET amount = amount + 1"
            " WHERE line_id = (SELECT id FROM billing_invoiceline WHERE invoice_id = {partly})",
        ),
        {"line_taxes": [("invoice", "partly")]},
    ),
    (
        "line_taxes",
        (
            "UPDATE billing_invoicelinetax SET is_included = true"
            " WHERE line_id = (SELECT id FROM billing_invoiceline WHERE invoice_id = {partly})",
        ),
        {"line_taxes": [("invoice", "partly")]},
    ),
    (
        "invoice_paid",
        ("UPDATE billing_invoice SET refunded = 0 WHERE id = {partly}",),
        {"invoice_paid": [("invoice", "partly")]},
    ),
    (
        "payments_used",
        ("UPDATE billing_payment SET applied = applied + 1 WHERE id = {card}",),
        {"payments_used": [("payment", "card")], "credit": [("patient_number", "asha")]},
    ),
    (
        "refunds",
        ("UPDATE billing_refund SET amount = 140 WHERE id = {refund}",),
        {"refunds": [("payment", "card")], "tills": [("refund", "refund")]},
    ),
    (
        "completions",
        ("UPDATE billing_invoice SET source = 'desk' WHERE id = {of_visit}",),
        {"completions": [("visit", "visit")]},
    ),
    (
        "invoice_numbers",
        ("UPDATE billing_invoice SET number = 'INV-2026-1' WHERE id = {partly}",),
        {"invoice_numbers": [("invoice", "INV-2026-1"), ("missing", "partly")]},
    ),
    (
        "receipt_numbers",
        ("UPDATE billing_payment SET number = 'RCT-2026-000004' WHERE id = {card}",),
        {"receipt_numbers": [("missing", "card"), ("payment", "RCT-2026-000004")]},
    ),
    (
        "refund_numbers",
        ("UPDATE core_numberseries SET last = last + 1 WHERE series = 'RFD'",),
        {"refund_numbers": [("counter", "RFD-2026")]},
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
        "receivable",
        (line("{mirror}", "accounts_receivable", 3), line("{mirror}", "rounding", -3)),
        {"receivable": [("account", "1100")], "reversals": [("entry", "mirror")]},
    ),
    (
        "credit",
        (line("{receipt_of_card}", "patient_credit", 3), line("{receipt_of_card}", "rounding", -3)),
        {"credit": [("account", "2200")]},
    ),
    (
        "earned",
        (line("{receipt_of_card}", "revenue", -3), line("{receipt_of_card}", "rounding", 3)),
        {"earned": [("account", "4000")]},
    ),
    (
        "tills",
        (
            "DELETE FROM ledger_journalline WHERE entry_id = {receipt_of_card}",
            "DELETE FROM ledger_journalentry WHERE id = {receipt_of_card}",
        ),
        {
            "tills": [("payment", "card")],
            "receivable": [("invoice", "partly")],
            "earned": [("invoice", "partly")],
            "entry_numbers": [("missing", "receipt_of_card")],
        },
    ),
    (
        "completions",
        ("UPDATE billing_invoice SET source = 'visit', appointment_id = {visit} WHERE id = {partly}",),
        {"completions": [("visit", "visit")]},
    ),
    (
        "completions",
        ("UPDATE scheduling_appointment SET status = 'in_session' WHERE id = {visit}",),
        {"completions": [("visit", "visit")]},
    ),
    (
        "completions",
        ("UPDATE billing_invoice SET source = 'arrival', appointment_id = {visit} WHERE id = {partly}",),
        {"completions": [("visit", "visit")]},
    ),
    (
        "completions",
        (
            "UPDATE billing_invoice SET source = 'desk' WHERE id = {of_visit}",
            "UPDATE billing_invoice SET source = 'arrival', appointment_id = {visit} WHERE id = {draft}",
            "UPDATE scheduling_appointment SET status = 'cancelled' WHERE id = {visit}",
        ),
        {"completions": [("visit", "visit")]},
    ),
    (
        "completions",
        (
            "UPDATE billing_invoice SET source = 'arrival' WHERE id = {of_visit}",
            "UPDATE scheduling_appointment SET status = 'scheduled' WHERE id = {visit}",
            "UPDATE scheduling_appointmenttransition SET to_status = 'in_session' WHERE to_status = 'arrived'",
        ),
        {"completions": [("visit", "visit")]},
    ),
    (
        "refunds",
        ("DELETE FROM billing_refund WHERE id = {refund}",),
        {
            "refunds": [("payment", "card")],
            "tills": [("entry", "JRN-2026-00005")],
            "refund_numbers": [("counter", "RFD-2026")],
        },
    ),
    (
        "invoice_paid",
        ("UPDATE billing_invoice SET voided_at = issued_at WHERE id = {partly}",),
        {
            "invoice_paid": [("invoice", "partly")],
            "receivable": [("invoice", "partly")],
            "earned": [("invoice", "partly")],
        },
    ),
    (
        "drawer_sums",
        ("UPDATE billing_drawermovement SET amount = 290 WHERE session_id = {drawer}",),
        {"drawer_sums": [("drawer_session", "drawer")], "tills": [("drawer_session", "drawer")] * 2},
    ),
    (
        "drawer_sums",
        ("UPDATE billing_drawercount SET counted = 200, reason = '' WHERE session_id = {drawer} AND method = 'cash'",),
        {
            "drawer_sums": [("drawer_session", "drawer")],
            "drawer_variances": [("drawer_session", "drawer")],
            "tills": [("entry", "JRN-2026-00013")],
        },
    ),
    (
        "drawer_sums",
        ("UPDATE billing_payment SET drawer_session_id = {drawer} WHERE id = {card}",),
        {"drawer_sums": [("drawer_session", "drawer")]},
    ),
    (
        "drawer_sums",
        ("DELETE FROM billing_drawercount WHERE session_id = {drawer} AND method = 'upi'",),
        {"drawer_sums": [("drawer_session", "drawer")]},
    ),
    (
        "drawer_sums",
        (
            "UPDATE billing_drawercount c SET turn = 2, at = now(), by_id = s.cashier_id FROM billing_drawersession s"
            " WHERE s.id = c.session_id AND s.id = {drawer} AND c.method = 'upi'",
        ),
        {"drawer_sums": [("drawer_session", "drawer")]},
    ),
    (
        "drawer_sums",
        (
            "UPDATE billing_drawersession SET opening_float = 510 WHERE id = {drawer}",
            'UPDATE billing_drawercount SET expected = 210, pieces = \'{{"100": 2, "5": 1}}\', counted = 205'
            " WHERE session_id = {drawer} AND method = 'cash'",
        ),
        {"drawer_sums": [("drawer_session", "drawer")]},
    ),
    (
        "drawer_variances",
        (
            "DELETE FROM ledger_journalline WHERE entry_id IN"
            " (SELECT id FROM ledger_journalentry WHERE source = 'drawer_locked')",
            "DELETE FROM ledger_journalentry WHERE source = 'drawer_locked'",
        ),
        {
            "drawer_variances": [("drawer_session", "drawer")],
            "tills": [("drawer_session", "drawer")],
            "entry_numbers": [("missing", "JRN-2026-00013")],
        },
    ),
    (
        "drawer_variances",
        (line("{receipt_of_card}", "cash_over_short", 3), line("{receipt_of_card}", "rounding", -3)),
        {"drawer_variances": [("entry", "receipt_of_card")]},
    ),
    (
        "drawer_numbers",
        ("UPDATE core_numberseries SET last = last + 1 WHERE series = 'DRW'",),
        {"drawer_numbers": [("counter", "DRW-2026")]},
    ),
    (
        "gateway_clearing",
        (line("{receipt_of_card}", "gateway_clearing", 3), line("{receipt_of_card}", "rounding", -3)),
        {"gateway_clearing": [("account", "1040")], "tills": [("entry", "receipt_of_card")]},
    ),
    (
        "gateway_clearing",
        ("DELETE FROM billing_settlementpart WHERE payment_id = {by_link}",),
        {"gateway_clearing": [("account", "1040")], "settlements": [("settlement", "settled")]},
    ),
    (
        "settlements",
        ("UPDATE billing_settlementpart SET amount = amount - 1 WHERE payment_id = {by_link}",),
        {"settlements": [("settlement", "settled")]},
    ),
    (
        "settlements",
        ("UPDATE billing_gatewaysettlement SET fee = fee + 1 WHERE id = {settled}",),
        {"settlements": [("settlement", "settled")]},
    ),
    (
        "tills",
        ("UPDATE billing_gatewaysettlement SET amount = amount - 1, fee = fee + 1 WHERE id = {settled}",),
        {"tills": [("settlement", "settled")]},
    ),
    (
        "settlement_numbers",
        ("UPDATE core_numberseries SET last = last + 1 WHERE series = 'STL'",),
        {"settlement_numbers": [("counter", "STL-2026")]},
    ),
    (
        "credit_notes_taken_back",
        (
            "UPDATE billing_creditnoteline SET net = net - 1, tax = tax + 1 WHERE note_id = {note_back}",
            "UPDATE billing_creditnote SET net = net - 1, tax = tax + 1 WHERE id = {note_back}",
            "UPDATE billing_invoice SET credited_net = credited_net - 1 WHERE id = {noted}",
        ),
        {
            "credit_notes_taken_back": [("credit_note", "note_back")],
            "credit_notes": [("credit_note", "note_of"), ("credit_note", "note_back")],
            "earned": [("invoice", "noted")],
        },
    ),
    (
        "credit_notes",
        ("UPDATE billing_creditnoteline SET net = net - 1, total = total - 1 WHERE note_id = {note}",),
        {"credit_notes": [("credit_note", "note")]},
    ),
    (
        "credit_notes",
        (
            "UPDATE billing_creditnoteline SET net = net + 200, total = total + 200 WHERE note_id = {note}",
            "UPDATE billing_creditnote SET net = net + 200, total = total + 200 WHERE id = {note}",
            "UPDATE billing_invoice SET credited = credited + 200, credited_net = credited_net + 200"
            " WHERE id = {lowered}",
        ),
        {
            "credit_notes": [("credit_note", "note")],
            "invoice_paid": [("invoice", "lowered")],
            "receivable": [("invoice", "lowered")],
            "earned": [("invoice", "lowered")],
        },
    ),
    (
        "invoice_paid",
        ("DELETE FROM billing_creditnote WHERE id = {note}",),
        {"invoice_paid": [("invoice", "lowered")], "credit_note_numbers": [("counter", "CRN-2026")]},
    ),
    (
        "invoice_paid",
        ("UPDATE billing_invoice SET written_off_net = written_off_net - 1 WHERE id = {lowered}",),
        {"invoice_paid": [("invoice", "lowered")], "earned": [("invoice", "lowered")]},
    ),
    (
        "write_offs",
        (
            "UPDATE billing_writeoff SET amount = -19, net = net + 1 WHERE id = {back}",
            "UPDATE billing_writeoff SET amount = 29, net = net - 1 WHERE id = {stands}",
        ),
        {"write_offs": [("write_off", "back")]},
    ),
    (
        "write_offs",
        ("UPDATE billing_writeoff SET reverses_id = {back} WHERE id = {back}",),
        {"write_offs": [("write_off", "back")]},
    ),
    (
        "write_offs",
        ("UPDATE billing_writeoff SET reverses_id = NULL WHERE id = {back}",),
        {"write_offs": [("write_off", "back")]},
    ),
    (
        "credit_note_numbers",
        ("UPDATE billing_creditnote SET number = 'CRN-2026-00005' WHERE id = {note}",),
        {"credit_note_numbers": [("counter", "CRN-2026"), ("missing", "note")]},
    ),
    (
        "write_off_numbers",
        ("UPDATE billing_writeoff SET number = 'WOF-2026-7' WHERE id = {gave_up}",),
        {"write_off_numbers": [("missing", "gave_up"), ("write_off", "WOF-2026-7")]},
    ),
    (
        "receivable",
        (
            "DELETE FROM ledger_journalline WHERE entry_id = {written_off}",
            "DELETE FROM ledger_journalentry WHERE id = {written_off}",
        ),
        {
            "receivable": [("invoice", "lowered")],
            "earned": [("invoice", "lowered")],
            "entry_numbers": [("missing", "written_off")],
        },
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
