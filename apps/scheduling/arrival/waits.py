"""How long somebody will wait, honestly: a range, worked out from how long this provider's sessions lately took.

For each provider and type the middle half (quartiles) of the last sessions; until there are enough of them the length
of the type, a quarter more or less. Whoever is ahead in the queue counts, and what is left of the session that is
going on. Nobody knows who comes in next with chest pain: that is why it is a range, and why it is rounded outward.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.scheduling.models import Appointment, AppointmentType

LAST = 30  # sessions of a provider and a type
ENOUGH = 5
STEP = 5  # minutes
Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Length:
    """How long a session takes, in minutes: quarter, middle, three quarters. `seen`: out of how many."""

    low: float
    middle: float
    high: float
    seen: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Minutes, both ends rounded outward to five."""

    low: int
    high: int


def lengths(pairs: Iterable[Pair], *, types: dict[UUID, AppointmentType]) -> dict[Pair, Length]:
    """How long sessions of these providers and types take: one query, each pair served by its index."""
    wanted = sorted(set(pairs), key=str)
    found = {pair: _by_the_book(types[pair[1]]) for pair in wanted}
    if not wanted:
        return found
    table = connection.ops.quote_name(Appointment._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pair.provider, pair.kind, count(*), percentile_cont(ARRAY[0.25, 0.5, 0.75])"  # noqa: S608 - our own table
            " WITHIN GROUP (ORDER BY extract(epoch FROM lately.completed_at - lately.started_at) / 60)"
            " FROM unnest(%s::uuid[], %s::uuid[]) AS pair (provider, kind) CROSS JOIN LATERAL ("
            f"  SELECT started_at, completed_at FROM {table}"
            "   WHERE provider_id = pair.provider AND appointment_type_id = pair.kind AND status = 'completed'"
            "   ORDER BY completed_at DESC LIMIT %s) lately GROUP BY 1, 2 HAVING count(*) >= %s",
            [[pair[0] for pair in wanted], [pair[1] for pair in wanted], LAST, ENOUGH],
        )
        for provider, kind, seen, (low, middle, high) in cursor.fetchall():
            found[provider, kind] = Length(low, middle, high, seen)
    return found


def waits(
    queue: list[Appointment], going_on: list[Appointment], known: dict[Pair, Length], *, at: datetime
) -> list[Wait]:
    """The waits of one provider's queue, in its order. `going_on`: who is with the provider now.

    A provider who has not begun yet begins with the first appointment, unless that is over already.
    """
    low = high = 0.0
    for visit in going_on:
        length = known[visit.provider_id, visit.appointment_type_id]
        gone = (at - (visit.started_at or at)).total_seconds() / 60
        low, high = max(low, length.low - gone), max(high, length.high - gone)
    if queue and not going_on:
        high = max(0.0, (min(visit.starts_at for visit in queue) - at) / timedelta(minutes=1))
    told = []
    for visit in queue:
        told.append(_outward(low, high))
        length = known[visit.provider_id, visit.appointment_type_id]
        low, high = low + length.low, high + length.high
    return told


def _by_the_book(kind: AppointmentType) -> Length:
    minutes = float(kind.duration_minutes)
    return Length(minutes * 0.75, minutes, minutes * 1.25, 0)


def _outward(low: float, high: float) -> Wait:
    low = max(0.0, low)
    return Wait(int(low // STEP) * STEP, -int(-max(low, high) // STEP) * STEP)
