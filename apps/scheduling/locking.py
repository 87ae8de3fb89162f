"""The locks of the schedule, taken in one order that never deadlocks.

Providers (several: by id), then resources by id, then appointment, then patient, then the counter of numbers. Whoever
books several in one transaction takes `lock_providers` of all of them first, then `taking.claim`.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.clinic.models import Provider
from apps.core.prepared import prepared
from apps.scheduling.models import Appointment, AppointmentType, Resource
from apps.scheduling.moves import MovedMeanwhile, locked
from apps.scheduling.taking import Claim, claim


def lock_providers(ids: Iterable[UUID]) -> dict[UUID, Provider]:
    """Take the locks of these providers' time, in the one order that never deadlocks."""
    return {provider.pk: provider for provider in _locked(ids=list(set(ids)))}


@prepared
def _locked(*, ids: Any) -> QuerySet[Provider]:
    return Provider.objects.select_for_update(no_key=True, of=("self",)).filter(pk__among=ids).order_by("id")


def locked_for_moving(
    appointment: Appointment,
    to: Provider | None,
    *,
    named: Iterable[Resource] | None = None,
    as_type: AppointmentType | None = None,
) -> tuple[Appointment, Provider, Claim]:
    """Providers first, then rooms and equipment, then the appointment.

    Refuses where it went to a third provider in between: raises MovedMeanwhile."""
    now_with = Appointment.objects.values_list("provider_id", flat=True).get(pk=appointment.pk)
    going_to = to.pk if to is not None else now_with
    providers = lock_providers([now_with, going_to])
    claimed = claim(as_type or appointment.appointment_type, named=named, appointment=appointment)
    fresh = locked(appointment)
    if fresh.provider_id != now_with:
        raise MovedMeanwhile
    return fresh, providers[going_to], claimed


def locked_with_provider(appointment: Appointment) -> Appointment:
    """For what frees its time: the provider first, then the appointment. Raises MovedMeanwhile."""
    now_with = Appointment.objects.values_list("provider_id", flat=True).get(pk=appointment.pk)
    lock_providers([now_with])
    fresh = locked(appointment)
    if fresh.provider_id != now_with:
        raise MovedMeanwhile
    return fresh
