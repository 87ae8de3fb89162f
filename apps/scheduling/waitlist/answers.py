"""How waiting ends or goes on: an offer is taken, not taken, runs out, or the patient is taken off the list."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Conflict
from apps.patients.models.persons import in_use
from apps.scheduling import booking
from apps.scheduling.fitting import Wish
from apps.scheduling.locking import lock_providers
from apps.scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from apps.scheduling.models.waitlist import ON_THE_LIST, OfferStatus, Waiting
from apps.scheduling.waitlist.moves import NotWaiting, OfferGone, close, locked, locked_offer, open_offer, turn
from apps.scheduling.waitlist.offering import fill


class OfferRanOut(Conflict):
    code = "offer_ran_out"
    message = gettext_lazy("This offer has run out. Offer a time anew.")


def accept(answered: WaitlistOffer, *, by: User, at: datetime) -> Appointment:
    """The patient takes the time: it is booked. Of two who answer at once the second is refused.

    Raises OfferGone, OfferRanOut, and as `booking.book`.
    """
    with transaction.atomic():
        lock_providers([answered.provider_id])
        entry, fresh = locked_offer(answered)
        if fresh.expires_at <= at:
            raise OfferRanOut
        close(fresh, OfferStatus.ACCEPTED, at=at)
        appointment = booking.book(
            patient=in_use(entry.patient),
            provider=fresh.provider,
            appointment_type=entry.appointment_type,
            starts_at=fresh.starts_at,
            ends_at=fresh.ends_at,
            by=by,
            at=at,
        )
        entry.appointment = appointment
        turn(entry, Waiting.BOOKED, by=by, at=at, offer=fresh)
    return appointment


def decline(answered: WaitlistOffer, *, by: User, at: datetime, reason: str = "") -> WaitlistEntry:
    """The patient does not take it, and waits on; it goes to the next in line. Raises OfferGone."""
    with transaction.atomic():
        lock_providers([answered.provider_id])
        entry, fresh = locked_offer(answered)
        close(fresh, OfferStatus.DECLINED, at=at)
        turn(entry, Waiting.WAITING, by=by, at=at, offer=fresh, reason=reason)
        fill(fresh.provider, fresh.starts_at, fresh.ends_at, by=by, at=at, freed_by=fresh.freed_by)
    return entry


def take_off(entry: WaitlistEntry, *, by: User | None, at: datetime, reason: str = "") -> WaitlistEntry:
    """Take a patient off the list; an open offer goes to the next in line. Raises NotWaiting."""
    with transaction.atomic():
        standing = WaitlistOffer.objects.filter(entry=entry, status=OfferStatus.OPEN).first()
        if standing is not None:
            lock_providers([standing.provider_id])
        fresh = locked(entry)
        if fresh.status not in ON_THE_LIST:
            raise NotWaiting
        offer = open_offer(fresh)
        if offer is not None:
            close(offer, OfferStatus.WITHDRAWN, at=at)
        turn(fresh, Waiting.WITHDRAWN, by=by, at=at, offer=offer, reason=reason)
        if offer is not None:
            fill(offer.provider, offer.starts_at, offer.ends_at, by=by, at=at, freed_by=offer.freed_by)
    return fresh


def move_on(*, at: datetime, limit: int = 100) -> int:
    """Close what has run out: offers go to the next in line, entries past their last day leave the list. How many."""
    closed = 0
    for found in list(WaitlistOffer.objects.run_out(at).order_by("expires_at")[:limit]):
        with transaction.atomic():
            lock_providers([found.provider_id])
            try:
                entry, fresh = locked_offer(found)
            except OfferGone:
                continue
            close(fresh, OfferStatus.EXPIRED, at=at)
            turn(entry, Waiting.WAITING, by=None, at=at, offer=fresh)
            fill(fresh.provider, fresh.starts_at, fresh.ends_at, by=None, at=at, freed_by=fresh.freed_by)
            closed += 1
    today = day_of(at, profile.current().zone)
    with transaction.atomic():
        late = WaitlistEntry.objects.filter(status=Waiting.WAITING, latest_day__lt=today).order_by("id")
        for entry in late.select_for_update(no_key=True, skip_locked=True)[:limit]:
            turn(entry, Waiting.EXPIRED, by=None, at=at)
            closed += 1
    return closed


def bring_back(appointment: Appointment, place: Wish, *, by: User, at: datetime) -> None:
    """A cancellation or a move is taken back: what was offered of that place, and not yet taken, is withdrawn. Call it
    with the provider locked."""
    rows = WaitlistOffer.objects.filter(freed_by=appointment, status=OfferStatus.OPEN, provider=place.provider)
    for found in list(rows.over(place.busy_from, place.busy_until)):
        entry, fresh = locked_offer(found)
        close(fresh, OfferStatus.WITHDRAWN, at=at)
        turn(entry, Waiting.WAITING, by=by, at=at, offer=fresh, reason=_("The appointment was brought back."))
