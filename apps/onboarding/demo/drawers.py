"""The demo's tills: whoever takes cash has one open, and one of yesterday was counted twice and is still ten short."""

from datetime import datetime, timedelta

from apps.accounts.models import User
from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.belonging import open_of
from apps.billing.drawers.counting import Counted
from apps.billing.models import Drawer, DrawerSession, PaymentMethod
from apps.billing.paying import payments
from apps.clinic import profile
from apps.core.clock import day_of, local_day
from apps.onboarding.demo.furnish import SOURCE, is_done, note_done, person
from apps.onboarding.demo.plan import Plan
from apps.onboarding.models import ImportedRow
from apps.patients.models import Patient

PART = "drawers"
FLOAT = {"100": 5, "50": 6, "10": 10}
TILLS = {
    "cashier": "Cash desk",
    "front_desk": "Front desk",
    "billing_manager": "Billing office",
    "clinic_admin": "Head office",
}


def furnish_drawers(plan: Plan, *, now: datetime) -> None:
    """A till for each who takes cash, one that is locked, and all of them open. After the days: whoever takes cash in
    a clinic with tills must have one open.
    """
    if is_done("part", PART):
        return
    people = {plan.whoever(role).email: (role, person(plan.whoever(role))) for role in reversed(TILLS)}
    desks = [(tills.add_drawer(name=TILLS[role], by=user, at=now), user) for role, user in people.values()]
    for till, user in desks:
        user.act()
        if user.email == plan.whoever("cashier").email:
            _yesterday(till, user, now=now)
        sessions.open_session(till, pieces=FLOAT, by=user, at=now)
    note_done("part", PART, desks[0][0].pk, at=now)


def way_of_paying(method: str, *, by: User, at: datetime) -> str:
    """Cash where whoever takes or gives it may: their drawer is open, or can be; else a card."""
    if method != PaymentMethod.CASH or not Drawer.objects.filter(is_active=True).exists():
        return method
    mine = open_of(by)
    if mine is None and (free := Drawer.objects.filter(is_active=True).exclude(sessions__locked_at=None).first()):
        mine = sessions.open_session(free, pieces=FLOAT, by=by, at=at)
    return method if mine is not None and mine.counted_at is None else PaymentMethod.CARD


def _yesterday(till: Drawer, by: User, *, now: datetime) -> DrawerSession:
    """Two deposits, a round to the bank; miscounted at first, and in the end ten too little."""
    zone = profile.current().zone
    start, _end = local_day(day_of(now, zone) - timedelta(days=1), zone)
    session = sessions.open_session(till, pieces=FLOAT, by=by, at=start + timedelta(hours=8))
    ours = ImportedRow.objects.filter(source=SOURCE, kind="patient").order_by("id").values_list("our_id", flat=True)
    patients = Patient.objects.active().filter(pk__in=list(ours[:9]))
    for hour, amount, patient in zip((9, 11), ("100", "50"), patients, strict=False):
        at = start + timedelta(hours=hour)
        payments.receive(patient, method="cash", amount=amount, invoices=[], credit_consent=True, by=by, at=at)
    noon, evening = start + timedelta(hours=12), start + timedelta(hours=18)
    sessions.move(session, kind="to_bank", amount="500", reason="Deposit of the morning", by=by, at=noon)
    session = counting.count(session, Counted({"100": 3, "50": 3, "10": 6}), by=by, at=evening)
    again = Counted({"100": 3, "50": 3, "10": 9})
    session = counting.recount(session, again, by=by, at=evening + timedelta(minutes=5))
    reasons = {"cash": "Ten too much given as change"}
    return sessions.lock(session, reasons=reasons, by=by, at=evening + timedelta(minutes=9))
