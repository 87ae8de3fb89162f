"""What may be done here, and which system roles may do it."""

PERMISSIONS: dict[str, str] = {
    "view_staff": "See who works here and their roles",
    "view_sign_ins": "See who signed in, and who was refused",
    "invite_staff": "Invite, re-invite and deactivate staff, and give them roles",
    "edit_roles": "Change what a role may do",
    "use_admin_site": "Use the administration site for master data",
}
GRANTS: dict[str, set[str]] = {
    "compliance_officer": {"view_staff", "view_sign_ins"},
}
