"""Cooked settlements of a gateway."""

from tests.billing.cooking.recipe import Recipe, line

COOKED: list[Recipe] = [
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
        "settlement_numbers",
        ("UPDATE core_numberseries SET last = last + 1 WHERE series = 'STL'",),
        {"settlement_numbers": [("counter", "STL-2026")]},
    ),
]
