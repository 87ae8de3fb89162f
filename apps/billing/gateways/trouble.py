"""What a gateway said and the house did not do: another amount, the opposite of before, a link that it would not end.

Money may be there that no book knows of. Billing sees it until somebody writes down what came of it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.locks import lock_payment
from apps.billing.models import GatewayEvent, Payment, SeenTo
from apps.core.refusals import Conflict, Refusal

Outcome = GatewayEvent.Outcome
TROUBLE = (Outcome.MISMATCH, Outcome.CONTRARY, Outcome.NOT_ENDED)
LONGEST_NOTE = 300


class NoTrouble(Conflict):
    code = "no_trouble"
    message = _("There is nothing to see to, or somebody has.")


class NoteNeeded(Refusal):
    code = "note_needed"
    field = "note"
    message = _("Write down what was done, in 300 letters at most.")


def troubles() -> QuerySet[GatewayEvent]:
    """All there ever were, the oldest first."""
    return GatewayEvent.objects.filter(outcome__in=TROUBLE).order_by("at", "id")


def open_troubles() -> QuerySet[GatewayEvent]:
    """What nobody has seen to."""
    return troubles().filter(seen_to=None)


def about(payment: Payment) -> QuerySet[GatewayEvent]:
    """All that the gateway said of a payment: of its link, and of what was to go back."""
    rows = GatewayEvent.objects.select_related("payment", "seen_to__by")
    return rows.filter(of_payments([payment])).order_by("at", "id")


def of_payments(payments: Iterable[Payment]) -> Q:
    """Events about one of these."""
    return Q(link__payment__in=payments) | Q(gateway_refund__payment__in=payments)


@transaction.atomic
def see_to(event: GatewayEvent, *, note: str, by: User, at: datetime) -> SeenTo:
    """Write down what was done about it: it waits no longer. Raises NoTrouble, NoteNeeded."""
    lock_payment(event.of_payment)  # what was said is only ever added and cannot be held itself
    if event.outcome not in TROUBLE or SeenTo.objects.filter(event=event).exists():
        raise NoTrouble
    if not 0 < len(note.strip()) <= LONGEST_NOTE:
        raise NoteNeeded
    return SeenTo.objects.create(event=event, note=note.strip(), by=by, at=at)
