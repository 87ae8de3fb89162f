"""Cooked invoices, payments and refunds, and entries that do not say what they say."""

from tests.billing.cooking.recipe import Recipe, line

COOKED: list[Recipe] = [
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
        "tills",
        ("UPDATE billing_gatewaysettlement SET amount = amount - 1, fee = fee + 1 WHERE id = {settled}",),
        {"tills": [("settlement", "settled")]},
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
]
