"""Blocked time: a meeting, cleaning, maintenance. Nobody is booked then, except by a clinic admin with a reason."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.clock import refuse_odd_year
from apps.core.refusals import Conflict, Refusal
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.models import Appointment, Block, Resource, Status
from apps.scheduling.signals import time_opened

LONGEST = timedelta(days=366)


class BadBlock(Refusal):
    code = "invalid_block"


class AlreadyLifted(Conflict):
    code = "already_lifted"
    message = gettext_lazy("This has been lifted already.")


@transaction.atomic
def block(
    what: Provider | Resource,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: User,
    at: datetime,
    keep_appointments: bool = False,
) -> Block:
    """Block time of a provider, a room or equipment.

    Raises BadBlock, NoSuchDay, and AppointmentsInTheWay unless those who are booked then are to be kept.
    """
    reason = reason.strip()
    refuse_odd_year(starts_at, field="starts_at")
    refuse_odd_year(ends_at, field="ends_at")
    if ends_at <= starts_at:
        raise BadBlock(_("The end lies before the beginning."), field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise BadBlock(_("This is too long: look at the dates again."), field="ends_at")
    if not reason or len(reason) > 200:
        raise BadBlock(_("Say why, in at most 200 letters."), field="reason")
    locked = type(what).objects.select_for_update(no_key=True, of=("self",)).get(pk=what.pk)
    if not locked.is_active:
        field = "provider" if isinstance(what, Provider) else "resource"
        raise BadBlock(_("%(what)s is out of use.") % {"what": what}, field=field)
    if not keep_appointments:
        _refuse_booked(what, starts_at, ends_at)
    return Block.objects.create(
        provider=what if isinstance(what, Provider) else None,
        resource=what if isinstance(what, Resource) else None,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        entered_by=by,
        entered_at=at,
    )


@transaction.atomic
def lift(found: Block, *, by: User, at: datetime) -> Block:
    """Let the time be booked again. Raises AlreadyLifted."""
    fresh = Block.objects.select_for_update(of=("self",)).select_related("provider", "resource").get(pk=found.pk)
    if fresh.lifted_at is not None:
        raise AlreadyLifted
    fresh.lifted_by, fresh.lifted_at = by, at
    fresh.save(update_fields=["lifted_by", "lifted_at"])
    if fresh.provider is not None:
        span = {"starts_at": fresh.starts_at, "ends_at": fresh.ends_at}
        time_opened.send(Block, provider=fresh.provider, **span, by=by, at=at)
    return fresh


def _refuse_booked(what: Provider | Resource, starts_at: datetime, ends_at: datetime) -> None:
    waiting = (Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION)
    rows = Appointment.objects.filter(status__in=waiting).between(starts_at, ends_at).with_people()
    rows = rows.of_provider(what) if isinstance(what, Provider) else rows.filter(uses__resource=what)
    if there := list(rows.order_by("starts_at")[:200]):
        refusal = AppointmentsInTheWay(
            _("%(count)s appointments are booked then: move or cancel them first, or keep them knowingly.")
            % {"count": len(there)},
            details={"in_the_way": [{"id": str(one.pk), "number": one.number} for one in there]},
        )
        refusal.appointments = there
        raise refusal
