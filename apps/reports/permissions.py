"""What may be done here, and which system roles may do it."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_revenue": gettext_noop("See and export charges, receipts, revenue and what is owed"),
}
GRANTS: dict[str, set[str]] = {
    "billing_manager": {"view_revenue"},
}
