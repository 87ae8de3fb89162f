"""Check-in, tokens, the waiting room and its public screens."""

from datetime import timedelta

from django.utils import timezone

from apps.clinic import places, providers
from apps.patients import registration
from apps.scheduling import attendance, booking, catalogue
from apps.scheduling.arrival import screens, waiting_room
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.calendars import hours
from tests.permissions.roles import only

SEES = {"anonymous": 302, "*": 200}
API_SEES = {"anonymous": 401, "*": 200}

CALLS = ("front_desk", "provider", "nurse")
BOOKS = ("front_desk", "provider")
ADMIN = only(302, 302)
ROWS = {
    "scheduling:check_in": only(302, 200, *CALLS),
    "POST scheduling:check_in": only(302, 302, *CALLS),
    "scheduling:token": SEES,
    "scheduling:walk_in": only(302, 200, *BOOKS),
    "POST scheduling:walk_in": only(302, 400, *BOOKS),
    "scheduling:waiting_room": SEES,
    "scheduling:queue_changes": {"anonymous": 302, "*": 204},
    "scheduling:my_queue": only(302, 200, "provider"),
    "POST scheduling:next_call": only(302, 302, *CALLS),
    "scheduling:ticket": only(302, 200, *CALLS),
    "POST scheduling:call": only(302, 302, *CALLS),
    "POST scheduling:skip": only(302, 302, *CALLS),
    "POST scheduling:put_back": only(302, 302, *CALLS),
    "POST scheduling:priority": only(302, 400, *CALLS),
    "POST scheduling:move_queue": only(302, 400, *BOOKS),
    "scheduling:screen": {"anonymous": 200, "*": 200},
    "scheduling:waiting_room_setup": only(302, 200),
    "POST scheduling:reception_settings": only(302, 400),
    "POST scheduling:hang_up": only(302, 400),
    "POST scheduling:take_down": ADMIN,
    "POST scheduling:department_letters": ADMIN,
    "POST scheduling:provider_letters": ADMIN,
    "billing:check_in": only(302, 200, "front_desk"),
    "POST billing:check_in": only(302, 400, "front_desk"),
    "billing:check_ins": {"anonymous": 302, "nurse": 403, "*": 200},
    "billing:copays": only(302, 200, "billing_manager"),
    "POST billing:copay": only(302, 302, "billing_manager"),
    "POST billing:credit_by_itself": only(302, 302, "billing_manager"),
    "GET api-waiting-room": API_SEES,
    "GET api-queue-tickets": API_SEES,
    "GET api-queue-ticket": API_SEES,
    "GET api-queue-ticket-entries": API_SEES,
    "POST api-next-call": only(401, 200, *CALLS),
    "POST api-queue-ticket-call": only(401, 200, *CALLS),
    "POST api-queue-ticket-skip": only(401, 200, *CALLS),
    "POST api-queue-ticket-return": only(401, 200, *CALLS),
    "POST api-queue-ticket-priority": only(401, 400, *CALLS),
    "POST api-queue-ticket-move": only(401, 400, *BOOKS),
    "POST api-walk-ins": only(401, 400, *BOOKS),
    "GET api-waiting-screens": only(401, 200),
    "POST api-waiting-screens": only(401, 400),
    "DELETE api-waiting-screen": only(401, 200),
    "GET api-appointment-check-in": only(401, 200, "front_desk"),
    "POST api-appointment-check-in": only(401, 400, "front_desk"),
}
BY_VISIT = {"scheduling:check_in", "scheduling:token", "billing:check_in", "api-appointment-check-in"}


def kwargs(name, cast):
    at = timezone.now() - timedelta(minutes=10)
    by = {"by": cast.ada, "at": at}
    if name == "scheduling:screen":
        return {"secret": screens.hang_up(name="Ground floor", **by)[1]}
    if name in ("scheduling:take_down", "api-waiting-screen"):
        return {"pk": screens.hang_up(name="Ground floor", **by)[0].pk}
    if name == "scheduling:department_letters":
        return {"pk": places.add_department(name="Dental", **by).pk}
    kind = catalogue.add_type(name="Consultation", duration_minutes=20, rate="500", **by)
    if name == "billing:copay":
        return {"type_pk": kind.pk}
    provider = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, **by)
    if name == "scheduling:provider_letters":
        return {"pk": provider.pk}
    hours.open_one_off(provider, starts_at=at, ends_at=at + timedelta(hours=3), **by)
    asha = registration.register(given_name="Asha", family_name="Patel", **by)
    visit = booking.book(patient=asha, provider=provider, appointment_type=kind, starts_at=at, **by)
    if name in BY_VISIT and name != "scheduling:token":
        return {"appointment_pk" if name.startswith("billing") else "pk": visit.pk}
    attendance.arrive(visit, **by)
    if name == "scheduling:token":
        return {"pk": visit.pk}
    if name in ("scheduling:next_call", "api-next-call"):
        return {"provider_pk" if name.startswith("scheduling") else "pk": provider.pk}
    ticket = ticket_of(visit)
    if name.endswith(("put_back", "return")):
        waiting_room.skip(ticket, **by)
    return {"pk": ticket.pk}
