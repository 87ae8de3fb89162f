"""Cooked drawers: the cashier's day."""

from tests.billing.cooking.recipe import Recipe, line

COOKED: list[Recipe] = [
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
]
