"""Which rooms and equipment an appointment gets, and what is in the way where it gets none.

Lock order: providers, then resources by id, then the appointment. `claim` takes the locks of the resources; ask
`settle` only while they are held. The trigger `resource_guard` holds everybody else to the same.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.prepared import prepared
from apps.core.refusals import Conflict
from apps.scheduling.models import Appointment, AppointmentType, Block, Hold, Need, Resource, ResourceUse, WaitlistOffer
from apps.scheduling.models.appointment_type import Measure

Span = tuple[datetime, datetime]


class ResourceOutOfUse(Conflict):
    code = "resource_out_of_use"
    field = "resources"


@dataclass(slots=True)
class Claim:
    """The rooms and equipment that a booking asks for, locked: some by name, some only by kind."""

    named: list[Resource]
    kinds: list[tuple[str, bool]]  # kind, and whether it is not booked without one
    candidates: list[Resource]  # of those kinds; what the appointment has already stands first

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.named or self.candidates)


@dataclass(slots=True)
class Taken:
    """What a booking gets (and whether over somebody else), and why it should not."""

    uses: dict[UUID, bool] = field(default_factory=dict)
    refusals: list[tuple[str, list[Appointment]]] = field(default_factory=list)


def claim(
    appointment_type: AppointmentType,
    *,
    named: Iterable[Resource] | None = None,
    appointment: Appointment | None = None,
) -> Claim:
    """Lock what may be taken: what is named, else what the appointment has already or one of its kind, and one of each
    kind that the type needs. Raises ResourceOutOfUse."""
    needs = _needs(appointment_type=appointment_type.pk)
    held = list(Resource.objects.filter(uses__appointment=appointment)) if appointment and named is None else []
    asked = list(named or ())
    kinds = [(one.kind, True) for one in held]
    met = {one.kind for one in (*asked, *held)}
    kinds += [(need.kind, need.is_required) for need in needs if need.kind not in met]
    if not asked and not kinds:
        return Claim([], [], [])
    wanted = Q(pk__in=[one.pk for one in (*asked, *held)]) | Q(kind__in={kind for kind, _must in kinds}, is_active=True)
    locked = {one.pk: one for one in Resource.objects.select_for_update(no_key=True).filter(wanted).order_by("id")}
    mine = {one.pk for one in held}
    named_now = [locked[one.pk] for one in asked if one.pk in locked]
    for one in named_now:
        if not one.is_active:
            raise ResourceOutOfUse(_("%(resource)s is out of use.") % {"resource": one})
    candidates = sorted(
        (one for one in locked.values() if one.is_active), key=lambda one: (one.pk not in mine, one.name)
    )
    return Claim(named_now, kinds, candidates)


@prepared
def _needs(*, appointment_type: Any) -> QuerySet[Need]:
    return Need.objects.filter(appointment_type=appointment_type)


def settle(
    wanted: Claim,
    busy_from: datetime,
    busy_until: datetime,
    *,
    spoken_for: Mapping[UUID, str] | None = None,
    ignoring: Any = None,
) -> Taken:
    """What the claim gets in this span; `spoken_for`: what is kept for others then, and why. What is taken or blocked
    is given all the same, with the reason against it: whoever may override decides."""
    ids = {one.pk for one in (*wanted.named, *wanted.candidates)}
    if not ids:
        return Taken()
    uses = ResourceUse.objects.busy_between(busy_from, busy_until).filter(resource__in=ids)
    there: dict[UUID, list[Appointment]] = defaultdict(list)
    for use in uses.exclude(appointment=ignoring).select_related(
        "appointment__patient", "appointment__provider", "appointment__appointment_type"
    ):
        there[use.resource_id].append(use.appointment)
    blocks = Block.objects.between(busy_from, busy_until).filter(resource__in=ids)
    blocked = {one.resource_id: one.reason for one in blocks if one.resource_id}
    in_hand = spoken_for or {}
    blocked = {**in_hand, **blocked}
    got = Taken()
    for one in wanted.named:
        got.uses[one.pk] = one.pk in there or one.pk in in_hand
        if one.pk in there or one.pk in blocked:
            got.refusals.append((_says(one, there[one.pk], blocked.get(one.pk)), there[one.pk]))
    for kind, is_required in wanted.kinds:
        of_kind = [one for one in wanted.candidates if one.kind == kind and one.pk not in got.uses]
        free = next((one for one in of_kind if one.pk not in there and one.pk not in blocked), None)
        if free is not None:
            got.uses[free.pk] = False
        elif is_required:
            if of_kind:
                got.uses[of_kind[0].pk] = of_kind[0].pk in there or of_kind[0].pk in in_hand
            why = "; ".join(_says(one, there[one.pk], blocked.get(one.pk)) for one in of_kind[:3])
            words = _("No %(kind)s is free then.") % {"kind": kind}
            got.refusals.append((f"{words} {why}".strip(), [a for one in of_kind for a in there[one.pk]]))
    return got


def kept(appointment: Appointment) -> list[UUID]:
    """What it has, or asks for."""
    return _kept(appointment=appointment.pk)


@prepared
def _kept(*, appointment: Any) -> QuerySet[ResourceUse, UUID]:
    return ResourceUse.objects.filter(appointment=appointment).values_list("resource_id", flat=True)


def rooms_in_words(uses: Collection[UUID]) -> str:
    """For the history of an appointment that changes its rooms and equipment and nothing else."""
    names = Resource.objects.filter(pk__in=uses).values_list("name", flat=True)
    return _("Rooms and equipment: %(names)s") % {"names": ", ".join(names) or _("none")}


def let_go(appointment: Appointment, uses: dict[UUID, bool]) -> None:
    """Before it is saved at its new place: give back what it does not keep."""
    for use in ResourceUse.objects.filter(appointment=appointment):
        if uses.get(use.resource_id) is not use.is_override:
            use.delete()


def take(appointment: Appointment, uses: dict[UUID, bool]) -> None:
    """After it is saved: take what it does not have yet."""
    has = set(kept(appointment)) if uses else set()
    ResourceUse.objects.bulk_create(
        ResourceUse(
            appointment=appointment,
            resource_id=pk,
            busy_from=appointment.busy_from,
            busy_until=appointment.busy_until,
            is_override=over,
        )
        for pk, over in sorted(uses.items())
        if pk not in has
    )


class Availability:
    """When the rooms and equipment that a type cannot do without are free: for whoever looks for free times. `kinds`,
    `measure`: of a visit that has other rooms than its type needs, or takes longer."""

    def __init__(
        self,
        appointment_type: AppointmentType,
        start: datetime,
        end: datetime,
        *,
        named: Collection[Resource] = (),
        kinds: Collection[str] | None = None,
        measure: Measure | None = None,
        by: User | None = None,
    ) -> None:
        if kinds is None:
            kinds = {need.kind for need in _needs(appointment_type=appointment_type.pk) if need.is_required}
        kinds = set(kinds) - {one.kind for one in named}
        _duration, self.before, self.after = measure or appointment_type.measure
        self.groups: list[list[UUID]] = [[one.pk] for one in named]
        of_kind: dict[str, list[UUID]] = {kind: [] for kind in kinds}
        for pk, kind in (
            Resource.objects.filter(kind__in=kinds, is_active=True).values_list("pk", "kind") if kinds else ()
        ):
            of_kind[kind].append(pk)
        self.groups += of_kind.values()
        self.busy: dict[UUID, list[Span]] = defaultdict(list)
        if self.groups:
            self._load(start - self.before, end + self.after, by)

    def __bool__(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.groups)

    def has_room(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether one of each is free throughout, buffers included."""
        start, end = starts_at - self.before, ends_at + self.after
        return all(any(_is_free(self.busy[pk], start, end) for pk in group) for group in self.groups)

    def _load(self, start: datetime, end: datetime, by: User | None) -> None:
        ids = [pk for group in self.groups for pk in group]
        uses = ResourceUse.objects.busy_between(start, end).filter(resource__in=ids)
        for pk, busy_from, busy_until in uses.values_list("resource_id", "busy_from", "busy_until"):
            self.busy[pk].append((busy_from, busy_until))
        blocks = Block.objects.between(start, end).filter(resource__in=ids)
        for pk, starts_at, ends_at in blocks.values_list("resource_id", "starts_at", "ends_at"):
            assert pk is not None
            self.busy[pk].append((starts_at, ends_at))
        holds = Hold.objects.standing(Now()).busy_between(start, end).filter(resources__overlap=ids)
        for resources, busy_from, busy_until in (holds.of_others(by.pk) if by else holds).values_list(
            "resources", "busy_from", "busy_until"
        ):
            for pk in resources:
                self.busy[pk].append((busy_from, busy_until))
        offers = WaitlistOffer.objects.standing(Now()).over(start, end).filter(resources__overlap=ids)
        for resources, busy_from, busy_until in offers.values_list("resources", "busy_from", "busy_until"):
            for pk in resources:
                self.busy[pk].append((busy_from, busy_until))
        for spans in self.busy.values():
            spans.sort()


def _is_free(busy: Sequence[Span], start: datetime, end: datetime) -> bool:
    return all(busy_until <= start for _from, busy_until in busy[: bisect_left(busy, (end,))])


def _says(resource: Resource, there: Sequence[Appointment], blocked: str | None) -> str:
    if blocked and not there:
        return _("%(resource)s is not free: %(reason)s.") % {"resource": resource, "reason": blocked}
    zone = profile.current().zone
    parts = [
        f"{one.starts_at.astimezone(zone):%H:%M}–{one.ends_at.astimezone(zone):%H:%M} {one.provider} ({one.number})"
        for one in there[:3]
    ]
    return _("%(resource)s is taken: %(what)s.") % {"resource": resource, "what": "; ".join(parts)}
