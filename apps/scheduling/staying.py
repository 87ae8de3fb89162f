"""An appointment that stays where it is and changes its rooms and equipment only: its time is not asked for again.

Ask only while holding the provider's and the resources' locks, as `fitting` does.
"""

from dataclasses import replace
from datetime import datetime

from apps.accounts.models import User
from apps.scheduling.fitting import OVERRIDE, OverrideNotPermitted, Place, ResourceIsTaken, Wish, rooms_spoken_for
from apps.scheduling.models import Appointment, ResourceUse
from apps.scheduling.taking import settle


def place_staying(appointment: Appointment, wish: Wish, *, by: User, at: datetime, override_reason: str) -> Place:
    """Its place, and what it has of the rooms that the wish names; only what it has not yet may be in the way.

    Whoever booked it over somebody else, or outside hours, has said why: those words stay (FR-S01).
    Raises ResourceIsTaken; OverrideNotPermitted where a reason was given by somebody who may not override.
    """
    has = dict(ResourceUse.objects.filter(appointment=appointment).values_list("resource_id", "is_override"))
    keeps = {one.pk: has[one.pk] for one in wish.claim.named if one.pk in has}
    new = replace(wish.claim, named=[one for one in wish.claim.named if one.pk not in has])
    got = settle(
        new,
        wish.busy_from,
        wish.busy_until,
        spoken_for=rooms_spoken_for(wish, by=by, at=at),
        ignoring=wish.ignoring,
    )
    if got.refusals and not override_reason:
        words, there = got.refusals[0]
        raise ResourceIsTaken(words, in_the_way=there)
    if got.refusals and not by.has_perm(OVERRIDE):
        raise OverrideNotPermitted
    return Place(
        appointment.lane,
        appointment.capacity,
        appointment.is_override,
        overridden=bool(got.refusals),
        stays=True,
        uses=keeps | got.uses,
    )
