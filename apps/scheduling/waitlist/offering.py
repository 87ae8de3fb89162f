"""Time that has become free is offered to who waits for it."""

from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.refusals import Refusal
from apps.patients.models.persons import in_use, records_of
from apps.scheduling import booking
from apps.scheduling.arrival import reception
from apps.scheduling.fitting import DoesNotFit, Wish, free_times_after, refuse_bad_time
from apps.scheduling.locking import lock_providers
from apps.scheduling.models import Appointment, AppointmentType, WaitlistEntry, WaitlistOffer
from apps.scheduling.models.waitlist import OfferStatus, Waiting, WaitlistQuerySet
from apps.scheduling.offered import place_for
from apps.scheduling.slots import Slot, free_slots
from apps.scheduling.taking import claim
from apps.scheduling.waitlist.joining import BadWish, providers_of
from apps.scheduling.waitlist.moves import NotWaiting, close, locked_offer, open_offer, turn

LEAST_NOTICE = timedelta(minutes=30)  # nobody is offered a time that they could hardly reach
LOOK_AHEAD = timedelta(days=28)
MOST_LOOKED_AT = 50
MOST_OFFERS = 10


def offer(
    entry: WaitlistEntry,
    *,
    provider: Provider,
    starts_at: datetime,
    by: User | None,
    at: datetime,
    freed_by: Appointment | None = None,
) -> WaitlistOffer:
    """Keep a time, and the rooms that the visit needs, for a waiting patient until they answer: as long as the clinic
    has chosen (`reception.choose`), never past the time itself.

    Raises NotWaiting, BadTime, NotBookable, and as `booking.book` where the time is taken.
    """
    wish = _wish(entry, provider, starts_at)
    try:
        with transaction.atomic():
            wish.provider = lock_providers([provider.pk])[provider.pk]
            wish.claim = claim(entry.appointment_type)
            fresh = _locked_unless_somebody_is_at_it(entry)
            if fresh.status != Waiting.WAITING or open_offer(fresh) is not None:
                raise NotWaiting
            refuse_bad_time(wish.starts_at, wish.ends_at, at=at)
            if starts_at <= at:
                raise BadWish(_("This time has passed."), field="starts_at")
            booking.refuse_out_of_use(wish, entry.appointment_type)
            asks = by or entry.created_by
            place = place_for(wish, by=asks, at=at, override_reason="", patient_sees_both=False)
            _close_run_out(provider, at=at)
            made = WaitlistOffer.objects.create(
                entry=fresh,
                provider=provider,
                starts_at=wish.starts_at,
                ends_at=wish.ends_at,
                busy_from=wish.busy_from,
                busy_until=wish.busy_until,
                capacity=place.capacity,
                resources=list(place.uses),
                expires_at=min(at + timedelta(minutes=reception.settings().offers_stand_for), starts_at),
                offered_by=by,
                offered_at=at,
                freed_by=freed_by,
            )
            turn(fresh, Waiting.OFFERED, by=by, at=at, offer=made)
    except DoesNotFit as refusal:
        refusal.offer(free_times_after(wish, entry.appointment_type, by=asks, at=at))
        raise
    return made


def fill(
    provider: Provider,
    starts_at: datetime,
    ends_at: datetime,
    *,
    by: User | None,
    at: datetime,
    freed_by: Appointment | None = None,
) -> list[WaitlistOffer]:
    """Time of a provider has become free: offer it to whoever waits for it, by priority and then by waiting time.

    Whoever let this very time go is not asked again. Call it while holding no appointment without its provider.
    """
    start, end = max(starts_at, at + LEAST_NOTICE), min(ends_at, at + LOOK_AHEAD)
    if start >= end or not provider.is_active or not _waiting_for(provider, start, end, freed_by).exists():
        return []
    with transaction.atomic():
        lock_providers([provider.pk])
        made: list[WaitlistOffer] = []
        free: dict[object, list[Slot]] = {}
        for entry in _waiting_for(provider, start, end, freed_by).in_line().with_people()[:MOST_LOOKED_AT]:
            kind = entry.appointment_type
            if kind.pk not in free:
                free[kind.pk] = _free_over(provider, kind, start, end)
            for slot in free[kind.pk]:
                if _suits(entry, slot) and (one := _offered(entry, slot, by=by, at=at, freed_by=freed_by)):
                    made.append(one)
                    free = {}
                    break
            if len(made) >= MOST_OFFERS:
                break
    return made


def times_for(entry: WaitlistEntry, *, at: datetime, count: int = 12) -> list[Slot]:
    """Free times that would suit a waiting patient, who has no other visit then, for offering one by hand."""
    today = day_of(at, profile.current().zone)
    first_day = max(entry.earliest_day, today)
    last_day = min(entry.latest_day, first_day + LOOK_AHEAD)
    if last_day < first_day:
        return []
    found = free_slots(
        providers=list(providers_of(entry)),
        appointment_type=entry.appointment_type,
        first_day=first_day,
        last_day=last_day,
        at=at,
        from_time=entry.from_time,
        until_time=entry.until_time,
    )
    if not found:
        return []
    last = max(slot.ends_at for slot in found)
    visits = Appointment.objects.of_patient(in_use(entry.patient)).active().between(found[0].starts_at, last)
    taken = list(visits.order_by().values_list("starts_at", "ends_at"))
    suits = (slot for slot in found if all(slot.ends_at <= start or end <= slot.starts_at for start, end in taken))
    return list(islice(suits, count))


def _waiting_for(provider: Provider, start: datetime, end: datetime, freed_by: Appointment | None) -> WaitlistQuerySet:
    zone = profile.current().zone
    let_go = WaitlistOffer.objects.filter(entry=OuterRef("pk"), provider=provider).exclude(status=OfferStatus.WITHDRAWN)
    rows = WaitlistEntry.objects.for_provider(provider).filter(status=Waiting.WAITING)
    rows = rows.filter(appointment_type__is_active=True)
    in_person = Q(patient__is_active=True, patient__is_blocked=False)  # or the record that theirs was merged into
    rows = rows.filter(in_person | Q(patient__merged_into__is_active=True, patient__merged_into__is_blocked=False))
    rows = rows.filter(earliest_day__lte=day_of(end, zone), latest_day__gte=day_of(start, zone))
    if freed_by is not None:
        rows = rows.exclude(patient__in=records_of(freed_by.patient_id))  # they have just let it go
    return rows.exclude(Exists(let_go.filter(starts_at__gte=start, starts_at__lt=end)))


def _free_over(provider: Provider, kind: AppointmentType, start: datetime, end: datetime) -> list[Slot]:
    """Free times that use some of what has become free."""
    zone = profile.current().zone
    slots = free_slots(
        providers=[provider], appointment_type=kind, first_day=day_of(start, zone), last_day=day_of(end, zone), at=start
    )
    return [slot for slot in slots if slot.starts_at < end and slot.ends_at > start]


def _suits(entry: WaitlistEntry, slot: Slot) -> bool:
    local = slot.starts_at.astimezone(profile.current().zone)
    wall = local.time()
    return (
        entry.earliest_day <= local.date() <= entry.latest_day
        and (entry.from_time is None or wall >= entry.from_time)
        and (entry.until_time is None or wall < entry.until_time)
    )


def _offered(
    entry: WaitlistEntry, slot: Slot, *, by: User | None, at: datetime, freed_by: Appointment | None
) -> WaitlistOffer | None:
    """The offer, or nothing where this patient cannot come then, after all."""
    try:
        with transaction.atomic():
            return offer(entry, provider=slot.provider, starts_at=slot.starts_at, by=by, at=at, freed_by=freed_by)
    except Refusal:
        return None


def _wish(entry: WaitlistEntry, provider: Provider, starts_at: datetime) -> Wish:
    kind = entry.appointment_type
    ends_at = starts_at + kind.duration
    return Wish(in_use(entry.patient), provider, starts_at, ends_at, kind.buffer_before, kind.buffer_after)


def _locked_unless_somebody_is_at_it(entry: WaitlistEntry) -> WaitlistEntry:
    """Never waits: whoever fills the times of one provider does not wait for whoever fills another's."""
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    found = rows.select_related("patient", "appointment_type", "created_by").filter(pk=entry.pk).first()
    if found is None:
        raise NotWaiting
    return found


def _close_run_out(provider: Provider, *, at: datetime) -> None:
    """Those that nobody has closed yet do not stand in the way of the next."""
    for found in list(WaitlistOffer.objects.run_out(at).filter(provider=provider)):
        entry, fresh = locked_offer(found)
        close(fresh, OfferStatus.EXPIRED, at=at)
        turn(entry, Waiting.WAITING, by=None, at=at, offer=fresh)
