"""What has happened to appointments, in words: who moved whom, from where to where, when and why. Reads only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.clock import comes_twice, local_day
from apps.scheduling.models import AppointmentTransition, Status


@dataclass(frozen=True, slots=True)
class Told:
    """One entry: "Moved: 10:00, Dr Rao → 11:00, Dr Sen"; `at` is what the clinic's clock showed."""

    entry: AppointmentTransition
    what: str
    came_from: str
    to: str
    at: datetime

    @property
    def by(self) -> User:
        return self.entry.by

    @property
    def reason(self) -> str:
        return str(self.entry.reason)

    @property
    def is_override(self) -> bool:
        return self.entry.is_override and (not self.entry.from_status or self.entry.is_move)


def told(entries: Iterable[AppointmentTransition], *, zone: ZoneInfo) -> Iterator[Told]:
    """Ask with providers and people loaded."""
    for one in entries:
        what, came_from, to = _what(one, zone)
        yield Told(one, what, came_from, to, one.at.astimezone(zone).replace(tzinfo=None))


def of_day(day: date, *, zone: ZoneInfo, by: UUID | None = None) -> QuerySet[AppointmentTransition]:
    """Everything that has put somebody on this day, moved them there or taken them away; the latest first."""
    entries = AppointmentTransition.objects.touching(*local_day(day, zone))
    if by is not None:
        entries = entries.filter(by=by)
    return entries.select_related("by", "from_provider", "to_provider", "appointment__patient").order_by("-at", "-id")


def people_of_day(day: date, *, zone: ZoneInfo) -> list[User]:
    """Who has changed something on this day."""
    moves = AppointmentTransition.objects.touching(*local_day(day, zone)).order_by()
    return list(User.objects.filter(pk__in=moves.values("by")))


def _what(one: AppointmentTransition, zone: ZoneInfo) -> tuple[str, str, str]:
    to = _place(one.to_starts_at, one.to_ends_at, zone)
    if not one.from_status:
        return _("Booked"), "", f"{to}, {one.to_provider}"
    if one.from_starts_at is None or one.from_ends_at is None or not one.is_move:
        words = _("Taken back") if one.undoes_id else ""
        return words, str(Status(one.from_status).label), str(Status(one.to_status).label)
    came_from = _place(one.from_starts_at, one.from_ends_at, zone)
    if (came_from, one.from_provider_id) == (to, one.to_provider_id):
        return _("Changed"), "", to
    days = {moment.astimezone(zone).date() for moment in (one.from_starts_at, one.to_starts_at)}
    if len(days) == 1:  # said once
        to = to.rpartition(" ")[2] if not comes_twice(one.to_starts_at.astimezone(zone)) else to
    if one.from_provider_id != one.to_provider_id:
        came_from, to = f"{came_from}, {one.from_provider}", f"{to}, {one.to_provider}"
    starts_stay = one.from_starts_at == one.to_starts_at and one.from_provider_id == one.to_provider_id
    return _("Length changed") if starts_stay else _("Moved"), came_from, to


def _place(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    which = f" {starts.tzname()}" if comes_twice(starts) else ""
    return f"{date_format(starts, 'D j M')} {starts:%H:%M}–{ends:%H:%M}{which}"
