"""The flow board: who is expected, waits, is seen, has to pay and is done today. Reads only.

What a visit still costs is known above, in billing, and queue numbers in the waiting room: they tell the board when
they are loaded (`add_dues`, `add_tokens`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.clock import local_day
from apps.patients.models import Patient
from apps.scheduling.attendance import RUN_ANY_VISIT
from apps.scheduling.drawing import Only
from apps.scheduling.live import fingerprint
from apps.scheduling.models import Appointment, Status
from apps.scheduling.remarks import remarks_on
from apps.scheduling.sheet import name_fields, opened

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
Tokens = Callable[[Collection[UUID]], Mapping[UUID, str]]

_dues: dict[str, Dues] = {}
_tokens: dict[str, Tokens] = {}


def add_dues(key: str, dues: Dues) -> None:
    """Who knows what completed visits still cost: asked with their ids and the reader, once for all of them."""
    _dues[key] = dues


def add_tokens(key: str, tokens: Tokens) -> None:
    """Who knows the queue numbers of those who wait: asked with the visits' ids, once for all of them."""
    _tokens[key] = tokens


@dataclass(frozen=True, slots=True)
class Step:
    """The one next thing to do with a visit: a POST, or the way to a page."""

    words: str
    icon: str
    url: str
    is_link: bool = False


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
    """Today's visits of these providers by how far they have come. One query, and one for each hook."""
    visits = _visits(day, providers, zone, reader, only or Only())
    completed = [one.id for one, _moment in visits if one.status == Status.COMPLETED]
    dues = {pk: due for hook in _dues.values() for pk, due in hook(completed, reader).items()} if completed else {}
    here = [one.id for one, _moment in visits if one.status == Status.ARRIVED]
    tokens = {pk: token for hook in _tokens.values() for pk, token in hook(here).items()} if here else {}
    by_lane: dict[str, list[tuple[Card, _Facts]]] = {key: [] for key in ("expected", "waiting", "seen", "pay", "done")}
    for card, facts in visits:
        due = dues.get(card.id)
        lane = _lane_of(card, due)
        minutes = int((at - facts.since).total_seconds() // 60)
        minutes = minutes if lane == "expected" else max(minutes, 0)
        by_lane[lane].append(
            (
                replace(
                    card,
                    minutes=minutes,
                    is_slow=minutes >= facts.patience(lane),
                    token=tokens.get(card.id, ""),
                    due=due.words if due else "",
                    step=_step(card, due, reader),
                ),
                facts,
            )
        )
    return Board(list(_lanes(by_lane)), {facts.type_id: card.type_name for card, facts in visits})


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a card is sorted and judged by."""

    type_id: UUID
    since: datetime  # when it came into its state; its time, as long as nobody has come
    planned: timedelta

    def patience(self, lane: str) -> float:
        """Minutes after which the desk should look."""
        if lane == "seen":
            return self.planned.total_seconds() / 60 + OVERRUN
        return {"expected": LATE, "waiting": LONG_WAIT, "pay": LONG_AT_TILL}.get(lane, float("inf"))


def _visits(
    day: date, providers: Sequence[Provider], zone: ZoneInfo, reader: User, only: Only
) -> list[tuple[Card, _Facts]]:
    by_id = {one.pk: one for one in providers}
    names = name_fields(reader)
    fields = [Patient._meta.get_field(name) for name in names]
    rows = (
        Appointment.objects.starting(*local_day(day, zone))
        .filter(provider__in=list(by_id), status__in=ON_BOARD)
        .order_by("starts_at", "id")
        .values_list(
            *("id", "provider_id", "patient_id", "appointment_type_id", "appointment_type__name", "starts_at"),
            *("ends_at", "status", "arrived_at", "started_at", "completed_at", "patient__is_vip"),
            *(f"patient__{name}" for name in names),
        )
    )
    remarks = remarks_on({row[2] for row in rows}, reader=reader)
    found = []
    for pk, provider_id, patient_id, type_id, kind, starts, ends, status, came, began, over, is_vip, *name in rows:
        if only.types and type_id not in only.types:
            continue
        since = {Status.ARRIVED: came, Status.IN_SESSION: began, Status.COMPLETED: over}.get(status) or starts
        card = Card(
            pk,
            by_id[provider_id],
            f"{starts.astimezone(zone):%H:%M}",
            " ".join(filter(None, (opened(one, value, patient_id) for one, value in zip(fields, name, strict=True)))),
            kind,
            status,
            0,
            False,
            is_vip,
            remarks.get(patient_id, ""),
        )
        found.append((card, _Facts(type_id, since, ends - starts)))
    return found


def _lane_of(card: Card, due: Due | None) -> str:
    if card.status == Status.COMPLETED:
        return "pay" if due else "done"
    return {Status.ARRIVED: "waiting", Status.IN_SESSION: "seen"}.get(Status(card.status), "expected")


def _lanes(by_lane: Mapping[str, list[tuple[Card, _Facts]]]) -> Iterator[Lane]:
    """In the order in which a patient walks; who has been there longest stands first, and who left last in the end."""
    words = {
        "expected": (_("Expected"), "blue", _("Nobody else is expected today.")),
        "waiting": (_("Waiting"), "amber", _("Nobody waits.")),
        "seen": (_("In session"), "green", _("Nobody is with a provider.")),
        "pay": (_("Ready to pay"), "violet", _("Nobody has to pay.")),
        "done": (_("Done"), "grey", _("Nobody has left yet.")),
    }
    for key, (title, tone, nobody) in words.items():
        found = sorted(by_lane[key], key=lambda pair: pair[1].since, reverse=key == "done")
        cards = [card for card, _facts in found[: SHOWN_AT_MOST.get(key)]]
        yield Lane(key, title, tone, nobody, cards, len(found) - len(cards))


def _step(card: Card, due: Due | None, reader: User) -> Step | None:
    """What this person can do next with one button; the rules decide again when it is pressed."""
    may_run = reader.has_perm(RUN_ANY_VISIT) or (
        reader.has_perm("scheduling.run_visit") and card.provider.user_id == reader.pk
    )
    steps = {
        Status.REQUESTED: (
            reader.has_perm("scheduling.book_appointment"), _("Confirm"), "calendar-check", "scheduling:confirmation"
        ),
        Status.SCHEDULED: (
            reader.has_perm("scheduling.record_attendance"), _("Check in"), "user-check", "scheduling:arrival"
        ),
        Status.ARRIVED: (may_run, _("Start visit"), "player-play", "scheduling:start"),
        Status.IN_SESSION: (may_run, _("Complete visit"), "check", "scheduling:completion"),
    }  # fmt: skip
    if card.status in steps:
        may, words, icon, url_name = steps[Status(card.status)]
        return Step(words, icon, reverse(url_name, args=[card.id])) if may else None
    return Step(_("Take payment"), "cash", due.url, is_link=True) if due and due.url else None
