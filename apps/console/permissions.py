"""What may be done on the console. Only the system admin, a superuser of the platform, comes here."""

PERMISSIONS: dict[str, str] = {
    "view_clinics": "See the clinics and how they are",
    "open_clinic": "Open a clinic",
    "suspend_clinic": "Suspend and resume a clinic",
    "change_plan": "Put a clinic on another plan",
    "view_trail": "Search the platform's audit trail",
}
GRANTS: dict[str, set[str]] = {}
