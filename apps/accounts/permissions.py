"""What may be done here, and which system roles may do it."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_staff": gettext_noop("See who works here and their roles"),
    "view_sign_ins": gettext_noop("See who signed in, and who was refused"),
    "invite_staff": gettext_noop("Invite, re-invite and deactivate staff, and give them roles"),
    "edit_roles": gettext_noop("Change what a role may do"),
    "use_admin_site": gettext_noop("Use the administration site for master data"),
}
GRANTS: dict[str, set[str]] = {
    "compliance_officer": {"view_staff", "view_sign_ins"},
}
