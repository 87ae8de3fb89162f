"""The flow board: who is expected, waits, is seen, has to pay and is done today. Reads only.

What a visit still costs is known above, in billing, which tells the board when it is loaded (`add_dues`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.clock import local_day
from apps.core.pages import addresses
from apps.core.prepared import prepared
from apps.scheduling.attendance import RUN_ANY_VISIT
from apps.scheduling.models import Appointment, QueueTicket, Status
from apps.scheduling.sheets.drawing import Only
from apps.scheduling.sheets.live import fingerprint
from apps.scheduling.sheets.remarks import remarks_on
from apps.scheduling.sheets.sheet import name_fields, name_opener

# Minutes from which a card asks for attention.
LATE, LONG_WAIT, OVERRUN, LONG_AT_TILL = 10, 20, 5, 10
SHOWN_AT_MOST = {"expected": 40, "done": 20}
ON_BOARD = (Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION, Status.COMPLETED)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be paid for a visit, and where; no address for whoever may not take it."""

    words: str
    url: str = ""


Dues = Callable[[Collection[UUID], User], Mapping[UUID, Due]]

_dues: dict[str, Dues] = {}


def add_dues(key: str, dues: Dues) -> None:
    """Who knows what completed visits still cost: asked with their ids and the reader, once for all of them."""
    _dues[key] = dues


@dataclass(frozen=True, slots=True)
class Step:
    """The one next thing to do with a visit: a POST, or the way to a page, or to its side panel."""

    words: str
    icon: str
    url: str
    is_link: bool = False
    in_panel: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A visit on the board. `minutes` in this state; before its time, minutes until then, negative."""

    id: UUID
    provider: Provider
    starts: str
    name: str
    type_name: str
    status: str
    minutes: int
    is_slow: bool
    is_vip: bool
    remark: str = ""
    token: str = ""
    due: str = ""
    url: str = ""
    room: str = ""
    step: Step | None = None

    @property
    def length(self) -> str:
        """How long, in words: 5 min, 1 h 05 min."""
        hours, minutes = divmod(abs(self.minutes), 60)
        if not hours:
            return _("%(n)s min") % {"n": minutes}
        return _("%(h)s h %(n)s min") % {"h": hours, "n": f"{minutes:02}"}


@dataclass(frozen=True, slots=True)
class Lane:
    """One column of the board. `more`: how many are there besides the cards."""

    key: str
    title: str
    tone: str
    nobody: str
    cards: Sequence[Card]
    more: int = 0

    @property
    def count(self) -> int:
        return len(self.cards) + self.more


@dataclass(frozen=True, slots=True)
class Board:
    lanes: Sequence[Lane]
    types: Mapping[UUID, str]

    @property
    def mark(self) -> str:
        """Differs when anything on the board does."""
        return fingerprint(self.lanes)


def flow_board(
    day: date, *, providers: Sequence[Provider], zone: ZoneInfo, reader: User, at: datetime, only: Only | None = None
) -> Board:
    """Today's visits of these providers by how far they have come. A query, one for queue numbers, one for each hook.

    Only what is shown is opened and worded: a board of 500 visits shows about a hundred.
    """
    wanted = only or Only()
    every = [one for one in _visits(day, providers, zone, reader) if not wanted.types or one.type_id in wanted.types]
    completed = [one.id for one in every if one.status == Status.COMPLETED]
    dues = {pk: due for hook in _dues.values() for pk, due in hook(completed, reader).items()} if completed else {}
    by_lane: dict[str, list[_Visit]] = {key: [] for key in ("expected", "waiting", "seen", "pay", "done")}
    for one in every:
        by_lane[_lane_of(one.status, one.id in dues)].append(one)
    for key, visits in by_lane.items():
        visits.sort(key=lambda one: one.since, reverse=key == "done")
    shown = {key: visits[: SHOWN_AT_MOST.get(key)] for key, visits in by_lane.items()}
    remarks = remarks_on({one.patient_id for visits in shown.values() for one in visits}, reader=reader)
    tokens = _tokens([one.id for one in by_lane["waiting"]])
    by_id = {one.pk: one for one in providers}
    writer = _Writer(reader, zone, at, remarks=remarks, dues=dues, tokens=tokens, providers=by_id)
    lanes = [
        Lane(
            key, title, tone, nobody, [writer.card(one, key) for one in shown[key]], len(by_lane[key]) - len(shown[key])
        )
        for key, title, tone, nobody in _words()
    ]
    return Board(lanes, {one.type_id: one.type_name for one in every})


class _Visit(NamedTuple):
    """A visit as it is read; `name` still sealed."""

    id: UUID
    provider_id: UUID
    patient_id: UUID
    type_id: UUID
    type_name: str
    starts_at: datetime
    ends_at: datetime
    status: str
    arrived_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    is_vip: bool
    name: tuple[Any, ...]

    @property
    def since(self) -> datetime:
        """When it came into its state; its time, as long as nobody has come."""
        reached = {
            Status.ARRIVED.value: self.arrived_at,
            Status.IN_SESSION.value: self.started_at,
            Status.COMPLETED.value: self.completed_at,
        }
        return reached.get(self.status) or self.starts_at

    def patience(self, lane: str) -> float:
        """Minutes after which the desk should look."""
        if lane == "seen":
            return (self.ends_at - self.starts_at).total_seconds() / 60 + OVERRUN
        return {"expected": LATE, "waiting": LONG_WAIT, "pay": LONG_AT_TILL}.get(lane, float("inf"))


class _Writer:
    """Makes cards of visits."""

    def __init__(
        self,
        reader: User,
        zone: ZoneInfo,
        at: datetime,
        *,
        remarks: Mapping[UUID, str],
        dues: Mapping[UUID, Due],
        tokens: Mapping[UUID, str],
        providers: Mapping[UUID, Provider],
    ) -> None:
        self.reader, self.zone, self.at, self.providers = reader, zone, at, providers
        self.remarks, self.dues, self.tokens = remarks, dues, tokens
        self.name_of = name_opener(name_fields(reader))
        self.address = addresses("scheduling:appointment")

    def card(self, visit: _Visit, lane: str) -> Card:
        minutes = int((self.at - visit.since).total_seconds() // 60)
        minutes = minutes if lane == "expected" else max(minutes, 0)
        due = self.dues.get(visit.id)
        provider = self.providers[visit.provider_id]
        card = Card(
            visit.id,
            provider,
            f"{visit.starts_at.astimezone(self.zone):%H:%M}",
            self.name_of(visit.name, visit.patient_id),
            visit.type_name,
            visit.status,
            minutes,
            minutes >= visit.patience(lane),
            visit.is_vip,
            self.remarks.get(visit.patient_id, ""),
            self.tokens.get(visit.id, ""),
            due.words if due else "",
            self.address(visit.id),
            provider.room.name if provider.room else "",
        )
        return replace(card, step=_step(card, due, self.reader))


def _tokens(visits: Collection[UUID]) -> dict[UUID, str]:
    """The numbers under which those who wait are called."""
    return {ticket.appointment_id: ticket.token for ticket in (_tickets(visits=list(visits)) if visits else ())}


@prepared
def _tickets(*, visits: Any) -> QuerySet[QueueTicket]:
    return QueueTicket.objects.here().filter(appointment__among=visits).order_by()


def _visits(day: date, providers: Sequence[Provider], zone: ZoneInfo, reader: User) -> list[_Visit]:
    start, end = local_day(day, zone)
    rows = _rows(name_fields(reader), providers=[one.pk for one in providers], start=start, end=end)
    return [_Visit._make((*row[:12], row[12:])) for row in rows]


@prepared
def _rows(names: Sequence[str], /, *, providers: Any, start: Any, end: Any) -> QuerySet[Any, Any]:
    return (
        Appointment.objects.between(start, end)
        .filter(provider__among=providers, status__in=ON_BOARD)
        .order_by("starts_at", "id")
        .values_list(
            *("id", "provider_id", "patient_id", "appointment_type_id", "appointment_type__name", "starts_at"),
            *("ends_at", "status", "arrived_at", "started_at", "completed_at", "patient__is_vip"),
            *(f"patient__{name}" for name in names),
        )
    )


def _lane_of(status: str, is_due: bool) -> str:
    if status == Status.COMPLETED:
        return "pay" if is_due else "done"
    return {Status.ARRIVED.value: "waiting", Status.IN_SESSION.value: "seen"}.get(status, "expected")


def _words() -> list[tuple[str, str, str, str]]:
    """The columns in the order in which a patient walks: key, title, tone, and what stands where nobody is."""
    return [
        ("expected", _("Expected"), "blue", _("Nobody else is expected today.")),
        ("waiting", _("Waiting"), "amber", _("Nobody waits.")),
        ("seen", _("In session"), "green", _("Nobody is with a provider.")),
        ("pay", _("Ready to pay"), "violet", _("Nobody has to pay.")),
        ("done", _("Done"), "grey", _("Nobody has left yet.")),
    ]


def _step(card: Card, due: Due | None, reader: User) -> Step | None:
    """What this person can do next with one button; the rules decide again when it is pressed."""
    may_run = reader.has_perm(RUN_ANY_VISIT) or (
        reader.has_perm("scheduling.run_visit") and card.provider.user_id == reader.pk
    )
    steps = {
        Status.REQUESTED: (
            reader.has_perm("scheduling.book_appointment"), _("Confirm"), "calendar-check", "scheduling:confirmation"
        ),
        Status.SCHEDULED: (  # where contact details, consents and the copay are asked for
            reader.has_perm("scheduling.record_attendance"), _("Check in"), "user-check", "scheduling:appointment"
        ),
        Status.ARRIVED: (may_run, _("Start visit"), "player-play", "scheduling:start"),
        Status.IN_SESSION: (may_run, _("Complete visit"), "check", "scheduling:completion"),
    }  # fmt: skip
    if card.status in steps:
        may, words, icon, url_name = steps[Status(card.status)]
        looks = card.status == Status.SCHEDULED
        return Step(words, icon, reverse(url_name, args=[card.id]), looks, in_panel=looks) if may else None
    return Step(_("Take payment"), "cash", due.url, is_link=True) if due and due.url else None
