"""Make the demo, or bring it up to today. Says what it does; tells the addresses and logins."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings

from apps.clinic import profile
from apps.core.clock import day_of
from apps.onboarding.demo.arrival import enliven, furnish_reception
from apps.onboarding.demo.days import make_day, missing_days
from apps.onboarding.demo.drawers import furnish_drawers
from apps.onboarding.demo.furnish import admit_system_admin, furnish, inside, is_done, note_done, open_clinic
from apps.onboarding.demo.gateway import furnish_gateway
from apps.onboarding.demo.papers import file_papers
from apps.onboarding.demo.plan import PASSWORD, PLANS, SYSTEM_ADMIN, Plan
from apps.onboarding.demo.rooms import furnish_rooms, use_rooms
from apps.onboarding.demo.series import make_regulars


def open_all(*, now: datetime, tell: Callable[[str], None], plans: tuple[Plan, ...] = PLANS) -> None:
    """The system admin, and every clinic with its door open and nothing inside. Quick where nothing is missing."""
    admit_system_admin(at=now)
    for plan in plans:
        tell(f"{plan.name}: opening")
        open_clinic(plan, at=now)


def make(plan: Plan, *, now: datetime, tell: Callable[[str], None]) -> None:
    """The clinic as it would be at this moment. Quick where nothing is missing; goes on where it was stopped."""
    clinic = open_clinic(plan, at=now)
    furnish(plan, clinic, at=now, tell=tell)
    with inside(clinic):
        if not is_done("part", "rooms"):
            furnish_rooms(plan, now)
            note_done("part", "rooms", clinic.pk, at=now)
    file_papers(plan, clinic, at=now, tell=tell)
    with inside(clinic):
        furnish_reception(plan, at=now, tell=tell)
        days = list(missing_days(day_of(now, profile.current().zone)))
    for place, day in enumerate(days, start=1):
        tell(f"{plan.name}: day {place} of {len(days)}")
        with inside(clinic):
            make_day(plan, day, now=now)
    make_regulars(plan, clinic, now=now)
    use_rooms(plan, clinic, now=now)
    with inside(clinic):
        enliven(plan, now=now)
        furnish_drawers(plan, now=now)
        furnish_gateway(plan, now=now)


def logins(*, port: str = "") -> Iterator[str]:
    """Where to go and whom to sign in as, line by line. Only for a demo: these passwords are in the source."""
    where = settings.HPMS_DOMAIN + (f":{port}" if port else "")
    yield f"  Everybody's password is  {PASSWORD}"
    for plan in PLANS:
        yield ""
        yield f"  {plan.name}  http://{plan.slug}.{where}"
        for one in plan.staff:
            role = ", ".join(role.replace("_", " ") for role in one.roles)
            yield f"    {one.email:<26} {one.name:<18} {role}{f' ({one.specialty})' if one.specialty else ''}"
    name, email = SYSTEM_ADMIN
    yield ""
    yield f"  System administration  http://{where}/"
    yield f"    {email:<26} {name:<18} system admin"
