"""What may be done on the console. Only the system admin, a superuser of the platform, comes here."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_clinics": gettext_noop("See the clinics and how they are"),
    "open_clinic": gettext_noop("Open a clinic"),
    "suspend_clinic": gettext_noop("Suspend and resume a clinic"),
    "change_plan": gettext_noop("Put a clinic on another plan"),
    "view_trail": gettext_noop("Search the platform's audit trail"),
}
GRANTS: dict[str, set[str]] = {}
