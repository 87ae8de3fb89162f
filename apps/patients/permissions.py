"""What may be done here, and which system roles may do it."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_patient": gettext_noop("Find patients and see their charts"),
    "register_patient": gettext_noop("Register patients"),
    "amend_patient": gettext_noop("Change patients' details"),
    "flag_patient": gettext_noop("Mark patients as VIP or blocked"),
    "deactivate_patient": gettext_noop("Deactivate and restore patients"),
}
_READ = {"view_patient"}
_DESK = _READ | {"register_patient", "amend_patient"}
GRANTS: dict[str, set[str]] = {
    "front_desk": _DESK | {"flag_patient"},
    "provider": _DESK,
    "nurse": _DESK,
    "billing_manager": _READ | {"amend_patient"},
    "cashier": _READ,
    "compliance_officer": _READ,
}
