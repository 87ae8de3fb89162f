"""Times that are kept for somebody who waits: nobody else is booked there while the offer stands.

Ask only while holding the provider's lock, as `fitting` does.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.prepared import prepared
from apps.scheduling import fitting
from apps.scheduling.fitting import OVERRIDE, DoesNotFit, Place, Wish, capacity_during
from apps.scheduling.models import Appointment, Hold, WaitlistOffer
from apps.scheduling.slots import most_at_once


@prepared
def _offers(*, provider: Any, at: Any, start: Any, end: Any) -> QuerySet[WaitlistOffer]:
    return WaitlistOffer.objects.standing(at).filter(provider=provider).over(start, end).order_by("starts_at")


class OfferedThen(DoesNotFit):
    """The time is kept for somebody on the waitlist until they answer."""

    code = "offered_then"


def place_for(wish: Wish, *, by: User, at: datetime, override_reason: str, patient_sees_both: bool) -> Place:
    """As `fitting.place_for`; and nobody gets a place that is kept for somebody who waits, overrides excepted.

    Raises as that, and OfferedThen.
    """
    place = fitting.place_for(wish, by=by, at=at, override_reason=override_reason, patient_sees_both=patient_sees_both)
    if refuse_offered(wish, by=by, at=at, override_reason=override_reason):
        place.is_override = place.overridden = True
    return place


def refuse_offered(wish: Wish, *, by: User, at: datetime, override_reason: str = "") -> bool:
    """Refuse a place that is kept for somebody who waits. A clinic admin may override it, as any other: then it says
    that it was kept. Raises OfferedThen."""
    offers = _offers(provider=wish.provider.pk, at=at, start=wish.busy_from, end=wish.busy_until)
    if not offers:
        return False
    booked = Appointment.objects.of_provider(wish.provider).busy_between(wish.busy_from, wish.busy_until)
    spans = list(booked.exclude(pk=wish.ignoring).values_list("busy_from", "busy_until"))
    spans += [(offer.busy_from, offer.busy_until) for offer in offers]
    in_hand = Hold.objects.standing(at).of_others(by.pk).busy_between(wish.busy_from, wish.busy_until)
    spans += in_hand.filter(provider=wish.provider).values_list("busy_from", "busy_until")
    if most_at_once(spans, wish.busy_from, wish.busy_until) < max(capacity_during(wish), 1):
        return False
    if not (override_reason and by.has_perm(OVERRIDE)):
        until = max(offer.expires_at for offer in offers).astimezone(profile.current().zone)
        words = _("This time of %(provider)s is offered to somebody on the waitlist until %(until)s.")
        raise OfferedThen(words % {"provider": wish.provider, "until": f"{until:%H:%M}"})
    return True
