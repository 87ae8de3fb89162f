"""Where somebody starts their work after signing in (UI.md, "Homes and targets")."""

from django.urls import NoReverseMatch, reverse

from apps.accounts.models import User

# The first role of this list that somebody holds decides; a page that this house does not have is skipped.
HOMES = {
    "system_admin": "console:clinics",
    "front_desk": "scheduling:day_sheet",
    "provider": "scheduling:my_day",
    "nurse": "scheduling:day_sheet",
    "billing_manager": "billing:work_queue",
    "cashier": "billing:work_queue",
    "clinic_admin": "reports:dashboard",
    "compliance_officer": "audit:trail",
}
FALLBACK = "accounts:start"


def home_of(user: User) -> str:
    """The address of the person's home page."""
    held = {*user.role_codes, *(["system_admin"] if user.is_superuser else [])}
    for code in HOMES:
        if code in held:
            try:
                return reverse(HOMES[code])
            except NoReverseMatch:
                continue
    return reverse(FALLBACK)
