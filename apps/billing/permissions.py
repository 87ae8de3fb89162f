"""What may be done with money here, and which system roles may do it."""

PERMISSIONS: dict[str, str] = {
    "view_invoice": "See invoices, payments and what patients owe",
    "edit_draft": "Write drafts and change their lines",
    "give_discount": "Give discounts",
    "issue_invoice": "Issue invoices",
    "receive_payment": "Take payments and use a patient's credit",
    "refund_payment": "Give payments back",
    "void_invoice": "Make invoices void",
    "change_catalogue": "Change services and their prices",
}

_DESK = {"view_invoice", "receive_payment"}

GRANTS: dict[str, set[str]] = {
    "billing_manager": set(PERMISSIONS),
    "cashier": _DESK | {"edit_draft", "issue_invoice"},
    "front_desk": _DESK | {"edit_draft", "issue_invoice"},
    # Their own visits' invoices among all others: a provider is asked what a line means.
    "provider": {"view_invoice"},
    "compliance_officer": {"view_invoice"},
}
