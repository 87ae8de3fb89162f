"""Steps of an entry and of its offer: locked, turned, noted."""

from datetime import datetime

from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.refusals import Conflict
from apps.scheduling.models import WaitlistEntry, WaitlistOffer
from apps.scheduling.models.waitlist import OfferStatus, Waiting, WaitlistMove


class NotWaiting(Conflict):
    code = "not_waiting"
    message = gettext_lazy("This patient does not wait any more: they have an offer, a booking, or were taken off.")


class OfferGone(Conflict):
    code = "offer_gone"
    message = gettext_lazy("This offer has been answered or withdrawn already.")


def locked(entry: WaitlistEntry) -> WaitlistEntry:
    """The entry as it stands, locked."""
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("patient", "appointment_type", "created_by").get(pk=entry.pk)


def locked_offer(answered: WaitlistOffer) -> tuple[WaitlistEntry, WaitlistOffer]:
    """Entry and offer, locked. Raises OfferGone where it is not open any more."""
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",))
    entry = rows.select_related("patient", "appointment_type", "created_by").get(pk=answered.entry_id)
    offers = WaitlistOffer.objects.select_for_update(no_key=True, of=("self",)).select_related("provider", "freed_by")
    fresh = offers.get(pk=answered.pk)
    if fresh.status != OfferStatus.OPEN:
        raise OfferGone
    return entry, fresh


def open_offer(entry: WaitlistEntry) -> WaitlistOffer | None:
    """The offer that this patient has and has not answered, locked."""
    rows = WaitlistOffer.objects.filter(entry=entry, status=OfferStatus.OPEN).select_related("provider", "freed_by")
    return rows.select_for_update(no_key=True, of=("self",)).first()


def close(found: WaitlistOffer, status: OfferStatus, *, at: datetime) -> None:
    """An offer is answered, withdrawn or over."""
    found.status, found.settled_at = status, at
    found.save(update_fields=["status", "settled_at"])


def turn(
    entry: WaitlistEntry,
    status: Waiting,
    *,
    by: User | None,
    at: datetime,
    offer: WaitlistOffer | None = None,
    reason: str = "",
) -> None:
    """An entry moves on; the move is noted. Call it with the entry locked."""
    before, entry.status = entry.status, status
    entry.save(update_fields=["status", "appointment"])
    WaitlistMove.objects.create(
        entry=entry, offer=offer, from_status=before, to_status=status, by=by, at=at, reason=reason.strip()[:500]
    )
