"""What may be done here, and which system roles may do it."""

PERMISSIONS: dict[str, str] = {
    "view_revenue": "See and export charges, receipts, revenue and what is owed",
}
GRANTS: dict[str, set[str]] = {
    "billing_manager": {"view_revenue"},
}
