"""What may be done here, and which system roles may do it."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_trail": gettext_noop("Search the audit trail: who changed or read what, when"),
    "view_sealed_values": gettext_noop("Open sealed values (names, contacts, notes) in the audit trail"),
}
GRANTS: dict[str, set[str]] = {
    "compliance_officer": {"view_trail", "view_sealed_values"},
}
