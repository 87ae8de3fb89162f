"""What may be done with money here, and which system roles may do it."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_invoice": gettext_noop("See invoices, payments and what patients owe"),
    "edit_draft": gettext_noop("Write drafts and change their lines"),
    "give_discount": gettext_noop("Give discounts"),
    "set_discount_limits": gettext_noop("Say how much each role may let off"),
    "choose_price_list": gettext_noop("Choose the price list of a patient or of a draft"),
    "issue_invoice": gettext_noop("Issue invoices"),
    "receive_payment": gettext_noop("Take payments and use a patient's credit"),
    "refund_payment": gettext_noop("Give payments back"),
    "void_invoice": gettext_noop("Make invoices void"),
    "correct": gettext_noop("Correct payments and invoices: reverse what was wrong and write it anew"),
    "issue_credit_note": gettext_noop("Lower issued invoices by credit notes"),
    "write_off": gettext_noop("Write off what will not be paid, and take it back"),
    "use_drawer": gettext_noop("Have a drawer: open, count, lock and hand it over"),
    "manage_drawers": gettext_noop("Set up drawers, and see and close everybody's"),
    "set_gateway": gettext_noop("Set up the gateway for payment links"),
    "settle_gateway": gettext_noop("Write down what a gateway has paid into the bank"),
    "change_catalogue": gettext_noop("Change services and their prices"),
}

_DESK = {"view_invoice", "receive_payment"}

GRANTS: dict[str, set[str]] = {
    "billing_manager": set(PERMISSIONS) - {"set_discount_limits", "set_gateway"},
    "cashier": _DESK | {"edit_draft", "issue_invoice", "use_drawer"},
    "front_desk": _DESK | {"edit_draft", "issue_invoice", "use_drawer"},
    # Their own visits' invoices among all others: a provider is asked what a line means.
    "provider": {"view_invoice"},
    "compliance_officer": {"view_invoice"},
}
