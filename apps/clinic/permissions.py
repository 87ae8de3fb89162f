"""What may be done here, and which system roles may do it."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_provider": gettext_noop("See the clinic's providers, departments, sites and rooms"),
    "edit_provider": gettext_noop("Add and change providers, departments, sites and rooms"),
    "edit_profile": gettext_noop("Change the clinic's name, address, time zone and other particulars"),
}
GRANTS: dict[str, set[str]] = {
    "provider": {"view_provider"},
    "front_desk": {"view_provider"},
    "billing_manager": {"view_provider"},
    "cashier": {"view_provider"},
    "nurse": {"view_provider"},
    "compliance_officer": {"view_provider"},
}
