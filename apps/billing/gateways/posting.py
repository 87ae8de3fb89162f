"""What the books say of a gateway besides patients' money, which billing/posting.py posts.

| event                         | debit                          | credit                         |
|-------------------------------|--------------------------------|--------------------------------|
| settled                       | Bank, Gateway fees             | Gateway clearing               |
"""

from datetime import datetime

from apps.accounts.models import User
from apps.billing.models import GatewaySettlement
from apps.ledger import journal
from apps.ledger.journal import Line
from apps.ledger.models import Account

Role = Account.Role

GATEWAY_SETTLED = "gateway_settled"


def settled(fact: GatewaySettlement, *, by: User | None, at: datetime) -> None:
    """What the gateway held is in the bank, but for what it kept."""
    fee = [Line(Role.GATEWAY_FEES, debit=fact.fee)] if fact.fee else []
    journal.post(
        effective_on=fact.settled_on,
        description=f"Settlement {fact.number} of the gateway",
        source=GATEWAY_SETTLED,
        source_id=fact.pk,
        lines=[Line(Role.BANK, debit=fact.amount), *fee, Line(Role.GATEWAY_CLEARING, credit=fact.gross)],
        by=by,
        at=at,
    )
