"""The demo's days: what is booked on each, and how it went as far as the clock has come."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.accounts.models import User
from apps.billing import invoicing
from apps.billing.models import Invoice, Payment, PaymentMethod, Service
from apps.billing.paying import payments, refunds
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day
from apps.core.refusals import Refusal
from apps.onboarding.demo.arrival import receive
from apps.onboarding.demo.drawers import way_of_paying
from apps.onboarding.demo.furnish import AHEAD, HISTORY, SOURCE, is_done, note_done, person
from apps.onboarding.demo.plan import Plan, Type
from apps.onboarding.models import ImportedRow
from apps.patients.models import Patient
from apps.scheduling import attendance, booking
from apps.scheduling.calendars.open_times import Opening, openings
from apps.scheduling.models import Appointment, AppointmentType, Status

UNDERWAY = (Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION)
GAPS = (0, 0, 5, 5, 10, 15, 20)  # minutes between two patients
WORK = BOOKED, BEGUN, LIVED = "booked", "begun", "lived"
NO_SHOW, CANCELLED = 0.06, 0.03
REASONS_TO_CANCEL = ("Feels better", "Has to travel", "Will call again")
URGENT = "Urgent: high fever since last night"


def missing_days(today: date) -> Iterator[date]:
    """Each day that is not booked yet, or that is over and has not been lived to its end; today, if it is new."""
    done = set(ImportedRow.objects.filter(source=SOURCE, kind__in=WORK).values_list("kind", "external_id"))
    for distance in range(-HISTORY, AHEAD + 1):
        day = today + timedelta(days=distance)
        wanted = {BOOKED} | ({LIVED} if day < today else {BEGUN} if day == today else set())
        if not {(kind, day.isoformat()) for kind in wanted} <= done:
            yield day


def make_day(plan: Plan, day: date, *, now: datetime) -> None:
    """Book a day and let it happen as far as the clock has come. One transaction: call it inside the clinic.

    A day that was booked when it lay ahead is filled up when it comes.
    """
    work = _Day(plan, day, now)
    name = day.isoformat()
    begins = day == work.today and not is_done(BEGUN, name)
    is_over = day < work.today and not is_done(LIVED, name)
    is_new = not is_done(BOOKED, name)
    if is_new or begins:
        work.book()
    if begins or is_over:
        work.live()
    for kind, holds in ((BOOKED, is_new), (BEGUN, begins), (LIVED, is_over)):
        if holds:
            note_done(kind, name, work.clinic_id, at=now)


class _Day:
    """One day of one clinic."""

    def __init__(self, plan: Plan, day: date, now: datetime) -> None:
        self.plan, self.day, self.now = plan, day, now
        here = profile.current()
        self.clinic_id: UUID = here.pk
        self.zone: ZoneInfo = here.zone
        self.unit = here.currency_info.unit
        self.today = day_of(now, self.zone)
        self.start, self.end = local_day(day, self.zone)
        self.random = Random(f"{plan.slug} {day.isoformat()}")  # noqa: S311 - a demo, and the same one every time
        self.people: dict[str, User] = {one.email: person(one) for one in plan.staff}
        self.types = {one.name: one for one in AppointmentType.objects.all()}

    # --- booking ---------------------------------------------------------------------------------------------------

    def book(self) -> None:
        """Fill the providers' hours, some days more than others; today somebody urgent is squeezed in."""
        desk = self._acting("front_desk")
        providers = list(Provider.objects.filter(is_active=True).select_related("user"))
        open_times = openings(providers, first_day=self.day, last_day=self.day, zone=self.zone)
        patients = self._patients()
        booked: list[Appointment] = []
        taken = self._taken()
        types = {one.name: one.types for one in self.plan.providers}
        for provider in providers:
            for opening in open_times[provider.pk] if provider.name in types else []:
                for starts_at, kind in self._places(opening, types[provider.name], taken.get(provider.pk, [])):
                    booked += self._booked(next(patients), provider, kind, starts_at, by=desk)
        if self.day == self.today and booked:
            self._squeeze_in(next(patients), booked)

    def _taken(self) -> dict[UUID, list[tuple[datetime, datetime]]]:
        taken: dict[UUID, list[tuple[datetime, datetime]]] = {}
        for one in Appointment.objects.busy_between(self.start, self.end):
            taken.setdefault(one.provider_id, []).append((one.busy_from, one.busy_until))
        return taken

    def _places(
        self, opening: Opening, names: tuple[str, ...], taken: list[tuple[datetime, datetime]]
    ) -> Iterator[tuple[datetime, Type]]:
        kinds = {kind.name: kind for kind in self.plan.types}
        share = self._share()
        at = opening.starts_at
        while at < opening.ends_at:
            kind = kinds[self.random.choice(names)]
            until = at + timedelta(minutes=kind.minutes + kind.buffer_after)
            if until > opening.ends_at:
                return
            clash = max((end for start, end in taken if start < until and end > at), default=None)
            if clash is not None:
                at = clash
                continue
            if self.random.random() < share:
                yield at, kind
            at = until + timedelta(minutes=self.random.choice(GAPS))

    def _share(self) -> float:
        """How full the day is: today very, the days after it less and less."""
        if self.day < self.today:
            return self.plan.past
        if self.day == self.today:
            return self.plan.today
        return self.plan.coming * (1 - (self.day - self.today).days / (AHEAD * 1.6))

    def _patients(self) -> Iterator[Patient]:
        """Those who come that day, each once as long as there are enough."""
        ours = ImportedRow.objects.filter(source=SOURCE, kind="patient").order_by("id")
        ids = list(ours.values_list("our_id", flat=True))
        known = Patient.objects.active().filter(is_blocked=False).in_bulk(ids)
        while True:
            round_ = [known[id_] for id_ in ids if id_ in known]
            self.random.shuffle(round_)
            yield from round_

    def _booked(
        self, patient: Patient, provider: Provider, kind: Type, starts_at: datetime, *, by: User
    ) -> list[Appointment]:
        days_before = timedelta(days=self.random.randrange(0, 9), hours=self.random.randrange(0, 4))
        try:
            made = booking.book(
                patient=patient,
                provider=provider,
                appointment_type=self.types[kind.name],
                starts_at=starts_at,
                reason=self.random.choice(kind.reasons or ("",)),
                by=by,
                at=min(self.now, starts_at - days_before),
            )
        except Refusal:  # the time is gone to what somebody has booked meanwhile, or the patient is elsewhere
            return []
        return [made]

    def _squeeze_in(self, patient: Patient, booked: list[Appointment]) -> None:
        """A clinic admin books one patient over another, with a reason (FR-S01)."""
        admin = self._acting("clinic_admin")
        beside = min(booked, key=lambda one: abs(one.starts_at - self.now))
        booking.book(
            patient=patient,
            provider=beside.provider,
            appointment_type=beside.appointment_type,
            starts_at=beside.starts_at,
            reason="Fever",
            override_reason=URGENT,
            by=admin,
            at=min(self.now, self.start + timedelta(hours=7)),
        )

    # --- as far as the clock has come ------------------------------------------------------------------------------

    def live(self) -> None:
        """Patients come, are seen, charged and pay; or do not come."""
        self._collect()
        expected = Appointment.objects.starting(self.start, self.end).filter(status__in=UNDERWAY).with_people()
        free_from: dict[UUID, datetime] = {}
        over: list[Appointment] = []
        for visit in sorted(expected, key=lambda one: (one.starts_at, one.lane)):
            fate = self.random.random() if visit.status == Status.SCHEDULED else 1.0
            if fate < CANCELLED:
                self._cancel(visit)
            elif fate < CANCELLED + NO_SHOW:
                self._miss(visit)
            else:
                over += self._attend(visit, free_from)
        for visit in over:
            self._charge(visit)
        self._correct()

    def _cancel(self, visit: Appointment) -> None:
        at = min(self.now, visit.starts_at - timedelta(hours=self.random.randrange(1, 12)))
        reason = self.random.choice(REASONS_TO_CANCEL)
        booking.cancel(visit, by=self._acting("front_desk"), at=max(at, visit.booked_at), reason=reason)

    def _miss(self, visit: Appointment) -> None:
        at = visit.starts_at + timedelta(minutes=25)
        if at <= self.now:
            attendance.no_show(visit, by=self._acting("front_desk"), at=at)

    def _attend(self, visit: Appointment, free_from: dict[UUID, datetime]) -> list[Appointment]:
        """Arrive, start, complete, each if its moment has come; the visit if it is over."""
        minutes = self.random.randrange
        arrives = visit.arrived_at or visit.starts_at - timedelta(minutes=minutes(-4, 18))
        ready = max(visit.starts_at, arrives, free_from.get(visit.provider_id, arrives))
        starts = visit.started_at or ready + timedelta(minutes=minutes(0, 5))
        # Who was squeezed in is seen between two others.
        length = timedelta(minutes=8) if visit.is_override else visit.duration * (0.7 + self.random.random() * 0.35)
        ends = starts + length
        free_from[visit.provider_id] = ends
        if visit.status == Status.SCHEDULED and arrives <= self.now < starts:
            desk = self._acting("front_desk")
            method = way_of_paying(self.plan.methods[0][0], by=desk, at=arrives)
            visit = receive(visit, random=self.random, method=method, by=desk, at=arrives)
        elif visit.status == Status.SCHEDULED and arrives <= self.now:
            visit = attendance.arrive(visit, by=self._acting("front_desk"), at=arrives)
        if visit.status == Status.ARRIVED and starts <= self.now:
            visit = attendance.start(visit, by=self._of(visit.provider), at=starts)
        if visit.status == Status.IN_SESSION and ends <= self.now:
            return [attendance.complete(visit, by=self._of(visit.provider), at=ends)]
        return []

    def _charge(self, visit: Appointment) -> None:
        """The billing manager issues the draft and the cashier takes what the patient pays; now and then later."""
        assert visit.completed_at is not None
        at = visit.completed_at + timedelta(minutes=self.random.randrange(2, 9))
        days_ago = (self.today - self.day).days
        if at > self.now or self.random.random() < (0.15 if days_ago == 0 else 0.03 if days_ago < 4 else 0):
            return
        draft = Invoice.objects.drafts().filter(appointment=visit).first()
        if draft is None:
            return
        biller = self._acting("billing_manager")
        if self.random.random() < 0.3:
            offers = list(Service.objects.filter(is_active=True).order_by("name"))
            invoicing.add_charge(draft, service=self.random.choice(offers), by=biller, at=at)
        if self.random.random() < 0.04:
            invoicing.discount(draft, percent=10, reason="Staff family", replaces=True, by=biller, at=at)
        issued = invoicing.issue(draft, use_credit=True, by=biller, at=at)
        self._pay(issued, visit.patient, at=min(self.now, at + timedelta(minutes=2)))

    def _pay(self, invoice: Invoice, patient: Patient, *, at: datetime) -> None:
        fate = self.random.random()
        if fate < 0.2 or not invoice.due:  # a free return owes nothing
            return
        amount = invoice.due
        if not amount:
            return
        if fate < 0.3:
            amount = max((amount / 2).quantize(Decimal(10)), self.unit).quantize(self.unit)
        elif fate < 0.32:
            amount += Decimal(100)  # a deposit for the next visit
        names, weights = zip(*self.plan.methods, strict=True)
        cashier = self._acting("cashier")
        method = way_of_paying(self.random.choices(names, weights)[0], by=cashier, at=at)
        payments.receive(
            patient,
            method=method,
            amount=amount,
            invoices=[invoice],
            credit_consent=amount > invoice.due,
            reference="" if method == "cash" else f"{self.random.randrange(10**6):06d}",
            by=cashier,
            at=at,
        )

    def _collect(self) -> None:
        """Some who owe something come by and pay it."""
        at = self.start + timedelta(hours=10)
        if at > self.now:
            return
        cashier = self._acting("cashier")
        owed = Invoice.objects.unpaid().filter(issued_on__lt=self.day - timedelta(days=4)).oldest_first()
        for invoice in islice(owed.select_related("patient"), self.random.randrange(0, 6)):
            payments.receive(
                invoice.patient,
                method=way_of_paying(self.plan.methods[0][0], by=cashier, at=at),
                amount=invoice.due,
                invoices=[invoice],
                by=cashier,
                at=at,
            )

    def _correct(self) -> None:
        """Mistakes happen: on some days an invoice becomes void, or money is given back."""
        at = self.start + timedelta(hours=17)
        if at > self.now:
            return
        biller = self._acting("billing_manager")
        today = Invoice.objects.filter(issued_on=self.day).oldest_first()
        unpaid = today.filter(applied=0, due__gt=0).first()
        if self.day.weekday() == 2 and unpaid is not None:
            invoicing.void(unpaid, by=biller, at=at, reason="Written for the wrong patient")
        at_the_desk = Payment.objects.captured().exclude(method=PaymentMethod.LINK)
        paid = at_the_desk.filter(~Q(applied=0), received_on=self.day).oldest_first().first()
        if self.day.weekday() == 4 and paid is not None:
            amount = min(paid.refundable, Decimal(100)).quantize(self.unit)
            way = way_of_paying(paid.method, by=biller, at=at)
            refunds.refund(paid, amount=amount, method=way, by=biller, at=at, reason="Charged too much")

    # ---------------------------------------------------------------------------------------------------------------

    def _acting(self, role: str) -> User:
        """Whoever holds the role does it, and the trail says so."""
        user = self.people[self.plan.whoever(role).email]
        user.act()
        return user

    def _of(self, provider: Provider) -> User:
        """The provider themselves; for one whom somebody else has added, the clinic admin."""
        one = next((one for one in self.plan.providers if one.name == provider.name), self.plan.whoever("clinic_admin"))
        user = self.people[one.email]
        user.act()
        return user
