"""The waitlist."""

from datetime import time, timedelta

from django.utils import timezone

from apps.clinic import profile, providers
from apps.patients import registration
from apps.scheduling import catalogue
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import WaitlistOffer
from apps.scheduling.waitlist import joining, offering
from tests.permissions.roles import only

BOOKS = ("front_desk", "provider")

ROWS = {
    "scheduling:waitlist": {"anonymous": 302, "*": 200},
    "scheduling:waitlist_join": only(302, 200, *BOOKS),
    "POST scheduling:waitlist_join": only(302, 400, *BOOKS),
    "scheduling:waitlist_offer": only(302, 200, *BOOKS),
    "POST scheduling:waitlist_offer": only(302, 400, *BOOKS),
    "POST scheduling:waitlist_withdrawal": only(302, 302, *BOOKS),
    "POST scheduling:offer_acceptance": only(302, 302, *BOOKS),
    "POST scheduling:offer_refusal": only(302, 302, *BOOKS),
    "GET api-waitlist": {"anonymous": 401, "*": 200},
    "POST api-waitlist": only(401, 400, *BOOKS),
    "GET api-waitlist-entry": {"anonymous": 401, "*": 200},
    "POST api-waitlist-withdrawal": only(401, 200, *BOOKS),
    "POST api-waitlist-offers": only(401, 400, *BOOKS),
    "POST api-offer-acceptance": only(401, 201, *BOOKS),
    "POST api-offer-refusal": only(401, 200, *BOOKS),
}


def kwargs(name, cast):
    at = timezone.now()
    day = at.astimezone(profile.current().zone).date() + timedelta(days=2)
    visit = catalogue.add_type(name="Consultation", duration_minutes=20, rate="500", by=cast.ada, at=at)
    provider = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=at)
    days = [Session(weekday, time(8), time(20)) for weekday in range(7)]
    hours.set_weekly_hours(provider, sessions=days, effective_from=day, by=cast.ada, at=at)
    entry = joining.join(
        patient=registration.register(given_name="Asha", family_name="Patel", by=cast.ada, at=at),
        appointment_type=visit,
        earliest_day=day,
        latest_day=day,
        by=cast.ada,
        at=at,
    )
    if "offer_" in name or "api-offer" in name:
        slot = offering.times_for(entry, at=at)[0]
        offering.offer(entry, provider=slot.provider, starts_at=slot.starts_at, by=cast.ada, at=at)
        return {"pk": WaitlistOffer.objects.get().pk}
    return {"pk": entry.pk}
