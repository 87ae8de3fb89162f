"""The chart of accounts of a clinic."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.core.connection import here
from apps.core.prepared import prepared
from apps.core.refusals import Refusal
from apps.ledger.models import Account

if TYPE_CHECKING:
    from apps.accounts.models import User

Kind, Role = Account.Kind, Account.Role
# A code, kind and role stay what they are, so that it does not matter that they are read before the lock is had.
HOLD_AND_READ = """
    WITH held AS (SELECT id FROM ledger_account WHERE role = %s FOR NO KEY UPDATE)
    SELECT role, id FROM ledger_account WHERE role <> '' AND (SELECT count(*) FROM held) > 0
"""
MEMO, IDS_MEMO = "ledger.chart", "ledger.account_ids"
CHART = (
    ("1000", _("Cash"), Kind.ASSET, Role.CASH),
    ("1010", _("Card payments"), Kind.ASSET, Role.CARD),
    ("1020", _("UPI payments"), Kind.ASSET, Role.UPI),
    ("1030", _("Bank"), Kind.ASSET, Role.BANK),
    ("1040", _("Gateway clearing"), Kind.ASSET, Role.GATEWAY_CLEARING),
    ("1100", _("Accounts receivable"), Kind.ASSET, Role.ACCOUNTS_RECEIVABLE),
    ("2000", _("Deferred revenue"), Kind.LIABILITY, Role.DEFERRED_REVENUE),
    ("2100", _("Tax payable"), Kind.LIABILITY, Role.TAX_PAYABLE),
    ("2200", _("Patient credit"), Kind.LIABILITY, Role.PATIENT_CREDIT),
    ("4000", _("Revenue"), Kind.INCOME, Role.REVENUE),
    ("5000", _("Write-offs"), Kind.EXPENSE, Role.WRITE_OFF),
    ("5600", _("Gateway fees"), Kind.EXPENSE, Role.GATEWAY_FEES),
    ("5700", _("Petty expenses"), Kind.EXPENSE, Role.PETTY_EXPENSES),
    ("5800", _("Cash over and short"), Kind.EXPENSE, Role.OVER_SHORT),
    ("5900", _("Rounding"), Kind.EXPENSE, Role.ROUNDING),
)


class BadAccountName(Refusal):
    code = "invalid_account_name"
    field = "name"
    message = _("Give the account a name of at most 80 letters.")


def open_chart() -> list[Account]:
    """Give the clinic an account for each role that has none yet; called whenever a clinic has been migrated."""
    with transaction.atomic():
        held = set(Account.objects.exclude(role="").values_list("role", flat=True))
        opened = Account.objects.bulk_create(
            Account(code=code, name=str(name), kind=kind, role=role)
            for code, name, kind, role in CHART
            if role not in held
        )
    here().memo.pop(MEMO, None)
    here().memo.pop(IDS_MEMO, None)
    return opened


def rename(account: Account, *, name: str, by: "User", at: datetime) -> Account:
    """Call an account something else in the reports. Code, kind and role stay. Raises BadAccountName."""
    name = name.strip()
    if not name or len(name) > 80:
        raise BadAccountName
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account.pk)
        account.name = name
        account.save(update_fields=["name"])
    here().memo.pop(MEMO, None)
    return account


def chart() -> dict[str, Account]:
    """The clinic's accounts by role, read once a transaction."""
    memo: dict[Any, Any] = here().memo
    if MEMO not in memo:
        memo[MEMO] = {account.role: account for account in Account.objects.exclude(role="")}
    accounts: dict[str, Account] = memo[MEMO]
    return accounts


def hold_receivable() -> None:
    """Lock the account that everything posts through until this transaction ends; the ids of all come with it."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD_AND_READ, [Account.Role.ACCOUNTS_RECEIVABLE])
        here().memo[IDS_MEMO] = dict(cursor.fetchall())


@prepared
def _ids() -> QuerySet[Account, Any]:
    return Account.objects.exclude(role="").order_by().values_list("role", "pk")


def account_ids() -> dict[str, UUID]:
    """The ids of the clinic's accounts by role, for whoever posts; read once a transaction."""
    memo: dict[Any, Any] = here().memo
    if IDS_MEMO not in memo:
        memo[IDS_MEMO] = dict(_ids())
    ids: dict[str, UUID] = memo[IDS_MEMO]
    return ids
