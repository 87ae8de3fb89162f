"""What may be done here, and which system roles may do it."""

PERMISSIONS: dict[str, str] = {
    "view_provider": "See the clinic's providers, departments, sites and rooms",
    "edit_provider": "Add and change providers, departments, sites and rooms",
    "edit_profile": "Change the clinic's name, address, time zone and other particulars",
}
GRANTS: dict[str, set[str]] = {
    "provider": {"view_provider"},
    "front_desk": {"view_provider"},
    "billing_manager": {"view_provider"},
    "cashier": {"view_provider"},
    "nurse": {"view_provider"},
    "compliance_officer": {"view_provider"},
}
