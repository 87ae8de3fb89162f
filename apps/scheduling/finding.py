"""The first free time with any of several providers: "a physiotherapist, after 16:00, not on Mondays". Reads only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from apps.clinic.models import Department, Provider
from apps.core.clock import day_of, local_day
from apps.scheduling.slots import Slot


@dataclass(slots=True)
class WithProvider:
    """A provider's free times on one day. `more`: there are others besides these."""

    provider: Provider
    slots: list[Slot] = field(default_factory=list)
    more: bool = False


@dataclass(slots=True)
class FreeDay:
    """Who is free on one of the clinic's days: whoever is free first stands first."""

    day: date
    with_providers: list[WithProvider] = field(default_factory=list)


def providers_who(
    *, department: Department | None = None, specialty: str = "", among: Iterable[Provider] = ()
) -> QuerySet[Provider]:
    """The providers who take appointments, of this department, with this specialty, among these; what is left out
    does not matter."""
    found = Provider.objects.filter(is_active=True).select_related("department", "room")
    if department is not None:
        found = found.filter(department=department)
    if specialty.strip():
        found = found.filter(specialty__iexact=specialty.strip())
    if chosen := [provider.pk for provider in among]:
        found = found.filter(pk__in=chosen)
    return found


def specialties() -> list[str]:
    """What may be asked for: the specialties of those who take appointments."""
    found = Provider.objects.filter(is_active=True).exclude(specialty="")
    return sorted(set(found.values_list("specialty", flat=True)), key=str.casefold)


def by_day(slots: Iterator[Slot], *, zone: ZoneInfo, days: int, times: int) -> tuple[list[FreeDay], date | None]:
    """The first `days` days with free times, of each provider the first `times`; and the next such day, if there is
    one. Takes no more from `slots` than that needs."""
    found: list[FreeDay] = []
    known: dict[UUID, WithProvider] = {}
    day_ends: datetime | None = None
    for slot in slots:
        if day_ends is None or slot.starts_at >= day_ends:
            day = day_of(slot.starts_at, zone)
            if len(found) == days:
                return found, day
            found.append(FreeDay(day))
            known, day_ends = {}, local_day(day, zone)[1]
        if slot.provider.pk not in known:
            known[slot.provider.pk] = WithProvider(slot.provider)
            found[-1].with_providers.append(known[slot.provider.pk])
        row = known[slot.provider.pk]
        if len(row.slots) < times:
            row.slots.append(slot)
        else:
            row.more = True
    return found, None
