"""The demo's reception: letters on tokens, a public screen, copays, and a waiting room where something is going on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from django.urls import reverse

from apps.accounts.models import User
from apps.billing.paying.check_in import check_in, due_today
from apps.clinic import profile
from apps.clinic.models import Department
from apps.core.clock import day_of
from apps.onboarding.demo.furnish import is_done, note_done, person
from apps.onboarding.demo.plan import Plan
from apps.patients.confirming import confirm_details
from apps.scheduling.arrival import screens, waiting_room
from apps.scheduling.models import Appointment, Priority, QueueTicket

LETTERS = "ABCDEFGH"
PART = "reception"


def furnish_reception(plan: Plan, *, at: datetime, tell: Callable[[str], None]) -> None:
    """Letters for the departments and a screen on the ground floor, whose address is told this once."""
    if is_done("part", PART):
        return
    by = person(plan.whoever("clinic_admin"))
    by.act()
    for letter, department in zip(LETTERS, Department.objects.filter(is_active=True), strict=False):
        screens.choose_letters(department, letter, by=by, at=at)
    screen, secret = screens.hang_up(name="Ground floor", by=by, at=at)
    tell(f"{plan.name}: public screen at {reverse('scheduling:screen', args=[secret])}")
    note_done("part", PART, screen.pk, at=at)


def receive(visit: Appointment, *, random: Random, method: str, by: User, at: datetime) -> Appointment:
    """Somebody arrives who still waits now: most pay the copay, some say why not, some are asked for their details."""
    due = due_today(visit).due
    asked = random.random() < 0.6
    if due and random.random() < 0.2:
        why = random.choice(("pays_after", "forgot", "insurer"))
        made = check_in(visit, unpaid_because=why, details_confirmed=asked, by=by, at=at)
    elif due:
        made = check_in(visit, amount=due, method=method, details_confirmed=asked, by=by, at=at)
    else:
        made = check_in(visit, details_confirmed=asked, by=by, at=at)
    return Appointment.objects.with_people().get(pk=made.appointment_id)


def enliven(plan: Plan, *, now: datetime) -> None:
    """Today's waiting room: an emergency, somebody frail, one who did not answer, one who is called just now."""
    today = day_of(now, profile.current().zone)
    name = f"waiting room {today.isoformat()}"
    if is_done("part", name):
        return
    nurse = person(plan.whoever("front_desk"))
    nurse.act()
    waiting = list(QueueTicket.objects.filter(day=today).waiting().in_order().with_people())
    if not waiting:
        return
    just_now = now - timedelta(minutes=2)
    if len(waiting) > 3:
        waiting_room.reprioritise(
            waiting[-1], priority=Priority.EMERGENCY, reason="Short of breath", by=nurse, at=just_now
        )
        waiting_room.reprioritise(waiting[1], priority=Priority.FRAIL, reason="Is 86", by=nurse, at=just_now)
        waiting_room.call(waiting[2], by=nurse, at=just_now)
        waiting_room.skip(waiting[2], reason="Not in the room", by=nurse, at=now)
    waiting_room.call(waiting[0], by=nurse, at=now)
    confirm_details(waiting[0].appointment.patient, by=nurse, at=now)
    note_done("part", name, waiting[0].pk, at=now)
