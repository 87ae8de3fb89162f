"""What may be done here, and which system roles may do it."""

PERMISSIONS: dict[str, str] = {
    "view_journal": "See the books: journal, accounts and trial balance",
    "edit_account": "Rename the accounts of the books",
}
GRANTS: dict[str, set[str]] = {
    "billing_manager": {"view_journal"},
    "compliance_officer": {"view_journal"},
}
