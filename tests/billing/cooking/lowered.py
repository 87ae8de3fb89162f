"""Cooked credit notes and write-offs."""

from tests.billing.cooking.recipe import Recipe

COOKED: list[Recipe] = [
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
]
