"""The waitlist: who waits for what, and the offers that are made when a time becomes free.

Lock order: provider, then entry, then offer; a booking that follows comes last. What frees a time takes the provider's
lock before the appointment's (booking.locked_for_moving), so that the next in line can be found in the same breath.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Department, Provider
from apps.core.clock import day_of
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use, records_of
from apps.scheduling import booking
from apps.scheduling.arrival import reception
from apps.scheduling.booking import NotBookable, lock_providers
from apps.scheduling.fitting import DoesNotFit, Wish, free_times_after, refuse_bad_time
from apps.scheduling.models import Appointment, AppointmentType, WaitlistEntry, WaitlistOffer
from apps.scheduling.models.waitlist import (
    ON_THE_LIST,
    OfferStatus,
    Priority,
    Waiting,
    WaitlistChoice,
    WaitlistMove,
    WaitlistQuerySet,
)
from apps.scheduling.offered import place_for
from apps.scheduling.slots import Slot, free_slots
from apps.scheduling.taking import claim

LEAST_NOTICE = timedelta(minutes=30)  # nobody is offered a time that they could hardly reach
LONGEST_WAIT = timedelta(days=366)
LOOK_AHEAD = timedelta(days=28)
MOST_LOOKED_AT = 50
MOST_OFFERS = 10


class BadWish(Refusal):
    code = "invalid_wish"


class NotWaiting(Conflict):
    code = "not_waiting"
    message = gettext_lazy("This patient does not wait any more: they have an offer, a booking, or were taken off.")


class OfferGone(Conflict):
    code = "offer_gone"
    message = gettext_lazy("This offer has been answered or withdrawn already.")


class OfferRanOut(Conflict):
    code = "offer_ran_out"
    message = gettext_lazy("This offer has run out. Offer a time anew.")


def join(
    *,
    patient: Patient,
    appointment_type: AppointmentType,
    earliest_day: date,
    latest_day: date,
    by: User,
    at: datetime,
    providers: Iterable[Provider] = (),
    department: Department | None = None,
    from_time: time | None = None,
    until_time: time | None = None,
    priority: int = Priority.ROUTINE,
    note: str = "",
) -> WaitlistEntry:
    """Put a patient on the waitlist: with these providers or this department, or with anybody where none is named.

    A free time that fits is not looked for now: the desk would have booked it. Raises BadWish, NotBookable.
    """
    patient = in_use(patient)
    _refuse_bad_wish(patient, appointment_type, earliest_day, latest_day, from_time, until_time, priority, note, at=at)
    named = sorted(set(providers), key=lambda one: one.pk)
    for one in named:
        if not one.is_active:
            raise BadWish(_("%(provider)s takes no appointments any more.") % {"provider": one}, field="providers")
    with transaction.atomic():
        entry = WaitlistEntry.objects.create(
            patient=patient,
            appointment_type=appointment_type,
            department=department,
            any_provider=not named and department is None,
            earliest_day=earliest_day,
            latest_day=latest_day,
            from_time=from_time,
            until_time=until_time,
            priority=priority,
            note=note.strip(),
            created_by=by,
            created_at=at,
        )
        WaitlistChoice.objects.bulk_create(WaitlistChoice(entry=entry, provider=one) for one in named)
        WaitlistMove.objects.create(entry=entry, to_status=Waiting.WAITING, by=by, at=at)
    return entry


def take_off(entry: WaitlistEntry, *, by: User | None, at: datetime, reason: str = "") -> WaitlistEntry:
    """Take a patient off the list; an open offer goes to the next in line. Raises NotWaiting."""
    with transaction.atomic():
        standing = WaitlistOffer.objects.filter(entry=entry, status=OfferStatus.OPEN).first()
        if standing is not None:
            lock_providers([standing.provider_id])
        fresh = _locked(entry)
        if fresh.status not in ON_THE_LIST:
            raise NotWaiting
        offer = _open_offer(fresh)
        if offer is not None:
            _close(offer, OfferStatus.WITHDRAWN, at=at)
        _turn(fresh, Waiting.WITHDRAWN, by=by, at=at, offer=offer, reason=reason)
        if offer is not None:
            fill(offer.provider, offer.starts_at, offer.ends_at, by=by, at=at, freed_by=offer.freed_by)
    return fresh


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
            if fresh.status != Waiting.WAITING or _open_offer(fresh) is not None:
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
            _turn(fresh, Waiting.OFFERED, by=by, at=at, offer=made)
    except DoesNotFit as refusal:
        refusal.offer(free_times_after(wish, entry.appointment_type, by=asks, at=at))
        raise
    return made


def accept(answered: WaitlistOffer, *, by: User, at: datetime) -> Appointment:
    """The patient takes the time: it is booked. Of two who answer at once the second is refused.

    Raises OfferGone, OfferRanOut, and as `booking.book`.
    """
    with transaction.atomic():
        lock_providers([answered.provider_id])
        entry, fresh = _locked_offer(answered)
        if fresh.expires_at <= at:
            raise OfferRanOut
        _close(fresh, OfferStatus.ACCEPTED, at=at)
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
        _turn(entry, Waiting.BOOKED, by=by, at=at, offer=fresh)
    return appointment


def decline(answered: WaitlistOffer, *, by: User, at: datetime, reason: str = "") -> WaitlistEntry:
    """The patient does not take it, and waits on; it goes to the next in line. Raises OfferGone."""
    with transaction.atomic():
        lock_providers([answered.provider_id])
        entry, fresh = _locked_offer(answered)
        _close(fresh, OfferStatus.DECLINED, at=at)
        _turn(entry, Waiting.WAITING, by=by, at=at, offer=fresh, reason=reason)
        fill(fresh.provider, fresh.starts_at, fresh.ends_at, by=by, at=at, freed_by=fresh.freed_by)
    return entry


def move_on(*, at: datetime, limit: int = 100) -> int:
    """Close what has run out: offers go to the next in line, entries past their last day leave the list. How many."""
    closed = 0
    for found in list(WaitlistOffer.objects.run_out(at).order_by("expires_at")[:limit]):
        with transaction.atomic():
            lock_providers([found.provider_id])
            try:
                entry, fresh = _locked_offer(found)
            except OfferGone:
                continue
            _close(fresh, OfferStatus.EXPIRED, at=at)
            _turn(entry, Waiting.WAITING, by=None, at=at, offer=fresh)
            fill(fresh.provider, fresh.starts_at, fresh.ends_at, by=None, at=at, freed_by=fresh.freed_by)
            closed += 1
    today = day_of(at, profile.current().zone)
    with transaction.atomic():
        late = WaitlistEntry.objects.filter(status=Waiting.WAITING, latest_day__lt=today).order_by("id")
        for entry in late.select_for_update(no_key=True, skip_locked=True)[:limit]:
            _turn(entry, Waiting.EXPIRED, by=None, at=at)
            closed += 1
    return closed


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


def bring_back(appointment: Appointment, *, by: User, at: datetime) -> None:
    """A cancellation is taken back: what was offered of its time, and not yet taken, is withdrawn. Call it with the
    provider locked."""
    rows = WaitlistOffer.objects.filter(freed_by=appointment, status=OfferStatus.OPEN, provider=appointment.provider_id)
    for found in list(rows.over(appointment.busy_from, appointment.busy_until)):
        entry, fresh = _locked_offer(found)
        _close(fresh, OfferStatus.WITHDRAWN, at=at)
        _turn(entry, Waiting.WAITING, by=by, at=at, offer=fresh, reason=_("The appointment was brought back."))


def times_for(entry: WaitlistEntry, *, at: datetime, count: int = 12) -> list[Slot]:
    """Free times that would suit a waiting patient, for offering one by hand."""
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
    return found[:count]


def entries_of(patient: Patient) -> list[WaitlistEntry]:
    """What a patient waits for now."""
    return list(WaitlistEntry.objects.of_patient(patient).on_the_list().with_people())


def wants(entry: WaitlistEntry) -> str:
    """Whom a patient would see, in words. Ask with the choices loaded."""
    names = [choice.provider.name for choice in entry.choices.all()]
    names += [str(entry.department)] if entry.department else []
    return ", ".join(names) or _("anybody")


def providers_of(entry: WaitlistEntry) -> Iterable[Provider]:
    """Whom this patient would see."""
    rows = Provider.objects.filter(is_active=True)
    if entry.any_provider:
        return rows
    named = Q(pk__in=[choice.provider_id for choice in entry.choices.all()])
    return rows.filter(named | Q(department=entry.department) if entry.department_id else named)


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


def _locked(entry: WaitlistEntry) -> WaitlistEntry:
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("patient", "appointment_type", "created_by").get(pk=entry.pk)


def _locked_unless_somebody_is_at_it(entry: WaitlistEntry) -> WaitlistEntry:
    """Never waits: whoever fills the times of one provider does not wait for whoever fills another's."""
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    found = rows.select_related("patient", "appointment_type", "created_by").filter(pk=entry.pk).first()
    if found is None:
        raise NotWaiting
    return found


def _locked_offer(answered: WaitlistOffer) -> tuple[WaitlistEntry, WaitlistOffer]:
    """Entry and offer, locked. Raises OfferGone where it is not open any more."""
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",))
    entry = rows.select_related("patient", "appointment_type", "created_by").get(pk=answered.entry_id)
    offers = WaitlistOffer.objects.select_for_update(no_key=True, of=("self",)).select_related("provider", "freed_by")
    fresh = offers.get(pk=answered.pk)
    if fresh.status != OfferStatus.OPEN:
        raise OfferGone
    return entry, fresh


def _open_offer(entry: WaitlistEntry) -> WaitlistOffer | None:
    rows = WaitlistOffer.objects.filter(entry=entry, status=OfferStatus.OPEN).select_related("provider", "freed_by")
    return rows.select_for_update(no_key=True, of=("self",)).first()


def _close(found: WaitlistOffer, status: OfferStatus, *, at: datetime) -> None:
    found.status, found.settled_at = status, at
    found.save(update_fields=["status", "settled_at"])


def _close_run_out(provider: Provider, *, at: datetime) -> None:
    """Those that nobody has closed yet do not stand in the way of the next."""
    for found in list(WaitlistOffer.objects.run_out(at).filter(provider=provider)):
        entry, fresh = _locked_offer(found)
        _close(fresh, OfferStatus.EXPIRED, at=at)
        _turn(entry, Waiting.WAITING, by=None, at=at, offer=fresh)


def _turn(
    entry: WaitlistEntry,
    status: Waiting,
    *,
    by: User | None,
    at: datetime,
    offer: WaitlistOffer | None = None,
    reason: str = "",
) -> None:
    before, entry.status = entry.status, status
    entry.save(update_fields=["status", "appointment"])
    WaitlistMove.objects.create(
        entry=entry, offer=offer, from_status=before, to_status=status, by=by, at=at, reason=reason.strip()[:500]
    )


def _refuse_bad_wish(
    patient: Patient,
    appointment_type: AppointmentType,
    earliest_day: date,
    latest_day: date,
    from_time: time | None,
    until_time: time | None,
    priority: int,
    note: str,
    *,
    at: datetime,
) -> None:
    today = day_of(at, profile.current().zone)
    if latest_day < earliest_day:
        raise BadWish(_("The last day lies before the first."), field="latest_day")
    if latest_day < today:
        raise BadWish(_("This day has passed."), field="latest_day")
    if latest_day > today + LONGEST_WAIT:
        raise BadWish(_("Nobody waits longer than a year: choose an earlier last day."), field="latest_day")
    if from_time and until_time and until_time <= from_time:
        raise BadWish(_("The end lies before the beginning."), field="until_time")
    if priority not in Priority.values:
        raise BadWish(_("Choose a priority."), field="priority")
    if len(note.strip()) > 500:
        raise BadWish(_("Say it in at most 500 letters."), field="note")
    if not appointment_type.is_active:
        raise NotBookable(_("“%(type)s” is no longer offered.") % {"type": appointment_type}, field="appointment_type")
    if not patient.is_active:
        raise NotBookable(_("This patient's record is deactivated: restore it first."), field="patient")
    if patient.is_blocked:
        raise NotBookable(_("This patient is blocked from booking: see the chart for why."), field="patient")
