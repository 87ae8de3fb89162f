"""A provider's appointments in the calendar on their phone: a secret address, shown once, that can be taken back.

Without the clinic's say-so it tells no name: "Appointment APT-2026-00012", when and where.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from icalendar import Calendar, Event

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.clinic.models import Provider, Room
from apps.core.clock import day_of, local_day
from apps.core.connection import connection, here
from apps.core.refusals import Conflict, NotPermitted
from apps.patients.models import Patient
from apps.scheduling.models import Appointment, AppointmentTransition, AppointmentType, CalendarFeed, Status

BACK, AHEAD = timedelta(days=30), timedelta(days=366)
SHOWN = (Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION, Status.COMPLETED)
EDIT_HOURS = "scheduling.edit_hours"
READ = "calendar feed"


class NotYourCalendar(NotPermitted):
    code = "not_your_calendar"
    message = gettext_lazy("Only the provider or a clinic admin may open this calendar to a phone.")


class RevokedAlready(Conflict):
    code = "revoked_already"
    message = gettext_lazy("This address works no longer already.")


@transaction.atomic
def open_feed(provider: Provider, *, by: User, at: datetime) -> tuple[CalendarFeed, str]:
    """A new secret address for a provider's calendar; the one before works no longer. Answers the key as well, which
    is kept nowhere: this is the only time to show it. Raises NotYourCalendar.
    """
    _refuse_strangers(provider, by)
    Provider.objects.select_for_update(no_key=True, of=("self",)).only("id").get(pk=provider.pk)
    CalendarFeed.objects.filter(provider=provider, revoked_at=None).update(revoked_by=by, revoked_at=at)
    key = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(provider=provider, key_hash=_hash(key), opened_by=by, opened_at=at)
    return feed, key


@transaction.atomic
def revoke_feed(feed: CalendarFeed, *, by: User, at: datetime) -> CalendarFeed:
    """Let an address work no longer. Raises NotYourCalendar, RevokedAlready."""
    fresh = CalendarFeed.objects.select_for_update(of=("self",)).select_related("provider").get(pk=feed.pk)
    _refuse_strangers(fresh.provider, by)
    if fresh.revoked_at is not None:
        raise RevokedAlready
    fresh.revoked_by, fresh.revoked_at = by, at
    fresh.save(update_fields=["revoked_by", "revoked_at"])
    return fresh


def feed_of(key: str) -> CalendarFeed | None:
    """The feed that this key opens; nothing for one that was never given or is revoked, nor for whoever has left."""
    if not 20 <= len(key) <= 100:
        return None
    feeds = CalendarFeed.objects.select_related("provider__room").filter(revoked_at=None, provider__is_active=True)
    return feeds.filter(key_hash=_hash(key)).exclude(provider__user__is_active=False).first()


def version_of(feed: CalendarFeed, *, at: datetime) -> tuple[str, datetime]:
    """What changes whenever the calendar does, and since when it is as it is; cheap, so that most answers are "the
    same as before"."""
    clinic = profile.current()
    today = local_day(day_of(at, clinic.zone), clinic.zone)[0]
    moves = AppointmentTransition.objects.filter(Q(to_provider=feed.provider) | Q(from_provider=feed.provider))
    found = moves.aggregate(count=Count("id"), last=Max("at"))
    renamed = _renamed_since(today)
    house = (clinic.name, clinic.timezone, clinic.feeds_name_patients)
    seen = (feed.pk, today, found["count"], found["last"], renamed, *house, feed.provider.name, str(feed.provider.room))
    tag = hashlib.sha256(repr(seen).encode()).hexdigest()[:32]
    return tag, max(today, feed.opened_at, found["last"] or today, renamed or today)


def _renamed_since(today: datetime) -> datetime | None:
    """When a patient, a room or a kind of appointment got another name last; before today does not matter."""
    tables = [model._meta.db_table for model in (Patient, AppointmentType, Room)]
    names = ["given_name", "middle_name", "family_name", "name"]
    written = AuditEvent.objects.filter(at__gte=today, action="update", table_name__in=tables, changed__overlap=names)
    last: datetime | None = written.order_by().aggregate(last=Max("at"))["last"]
    return last


def calendar_of(feed: CalendarFeed, *, at: datetime) -> bytes:
    """The provider's appointments of the last month and the coming year as RFC 5545 has it, moments in UTC."""
    clinic = profile.current()
    named = clinic.feeds_name_patients
    calendar = Calendar()
    calendar.add("prodid", "-//HPMS//Calendar feed//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{feed.provider.name}, {clinic.name}")
    calendar.add("x-wr-timezone", clinic.timezone)
    calendar.add("refresh-interval", timedelta(minutes=30), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT30M")
    visits = list(_visits(feed.provider, at))
    if named:
        _record({visit.patient_id for visit in visits}, at)
    for visit in visits:
        calendar.add_component(_event(visit, named=named, place=_place(feed.provider, clinic.name)))
    return bytes(calendar.to_ical())


def _event(visit: Appointment, *, named: bool, place: str) -> Event:
    event = Event()
    changed: datetime = visit.changed_at  # type: ignore[attr-defined]
    event.add("uid", f"{visit.pk}@{here().slug or 'clinic'}.hpms")
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("sequence", visit.moves_made - 1)  # type: ignore[attr-defined]
    event.add("dtstart", visit.starts_at)
    event.add("dtend", visit.ends_at)
    if named:
        event.add("summary", f"{visit.patient.full_name} · {visit.appointment_type.name}")
    else:
        event.add("summary", _("Appointment %(number)s") % {"number": visit.number})
    event.add("location", place)
    event.add("status", "TENTATIVE" if visit.status == Status.REQUESTED else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def _visits(provider: Provider, at: datetime) -> QuerySet[Appointment]:
    rows = Appointment.objects.of_provider(provider).starting(at - BACK, at + AHEAD).filter(status__in=SHOWN)
    rows = rows.annotate(changed_at=Max("transitions__at"), moves_made=Count("transitions"))
    return rows.select_related("patient", "appointment_type").order_by("starts_at", "id")


def _place(provider: Provider, clinic_name: str) -> str:
    return f"{provider.room.name}, {clinic_name}" if provider.room else clinic_name


def _record(patient_ids: Iterable[UUID], at: datetime) -> None:
    """Once a day for a patient: phones ask every few minutes."""
    today = local_day(day_of(at, profile.current().zone), profile.current().zone)[0]
    known = AuditEvent.objects.filter(action="read", table_name=READ, actor=here().actor, at__gte=today)
    record_reads(set(patient_ids) - set(known.values_list("patient_id", flat=True)), READ)


def read_by(feed: CalendarFeed) -> None:
    """Name whoever holds the address to the trail: nobody signs in here."""
    connection.act_as(f"calendar feed:{feed.provider_id}")


def _refuse_strangers(provider: Provider, by: User) -> None:
    if provider.user_id != by.pk and not by.has_perm(EDIT_HOURS):
        raise NotYourCalendar


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
