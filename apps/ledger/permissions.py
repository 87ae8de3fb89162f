"""What may be done here, and which system roles may do it."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_journal": gettext_noop("See the books: journal, accounts and trial balance"),
    "close_books": gettext_noop("Close the books up to a day, and ask for or approve their re-opening"),
    "edit_account": gettext_noop("Rename the accounts of the books"),
}
GRANTS: dict[str, set[str]] = {
    "billing_manager": {"view_journal"},
    "compliance_officer": {"view_journal"},
}
