"""Reminders follow their appointments: planned when one is booked, moved and withdrawn with it, sent once when due.

A reminder says when and where, and nothing of why or with whom: it may be read on a locked screen by somebody else.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby, islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.connection import here
from apps.core.prepared import prepared
from apps.core.refusals import Refusal
from apps.outbox import email
from apps.patients.models import Patient
from apps.patients.models.persons import in_use, persons_of
from apps.scheduling.models import Appointment, AppointmentType, Status
from apps.scheduling.models.reminder import (
    MOST_HOURS,
    ContactWish,
    QuietHours,
    Reminder,
    ReminderChannel,
    ReminderRule,
    ReminderStatus,
    WhyNot,
)
from apps.scheduling.quiet_hours import due_at, is_quiet, quiet_span

MEMO = "scheduling.reminders"
MOST_RULES = 12
BATCH = 500


class BadRules(Refusal):
    code = "invalid_reminders"


@dataclass(frozen=True, slots=True)
class Notice:
    """One rule: so many hours before, by this channel; of one type, or of all."""

    hours_before: int
    channel: str = ReminderChannel.EMAIL
    appointment_type: UUID | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a clinic and its quiet hours, read once a transaction."""

    by_type: dict[UUID | None, list[tuple[str, int]]]
    quiet: tuple[time, time]

    def of(self, appointment_type_id: UUID) -> list[tuple[str, int]]:
        return self.by_type.get(appointment_type_id) or self.by_type.get(None, [])


def rules() -> Rules:
    """The rules of this clinic."""
    memo: dict[Any, Any] = here().memo
    if MEMO not in memo:
        by_type: dict[UUID | None, list[tuple[str, int]]] = {}
        for rule in _every_rule():
            by_type.setdefault(rule.appointment_type_id, []).append((rule.channel, rule.hours_before))
        quiet = (QuietHours.objects.first() or QuietHours()) if by_type else QuietHours()
        memo[MEMO] = Rules(by_type, (quiet.begins, quiet.ends))
    found: Rules = memo[MEMO]
    return found


@prepared
def _every_rule() -> QuerySet[ReminderRule]:
    return ReminderRule.objects.all()


def follow(appointment: Appointment, *, at: datetime, is_new: bool = False) -> None:
    """Bring an appointment's reminders to where it stands now; called with every move of it."""
    told = rules()
    if is_new and not told.of(appointment.appointment_type_id):
        return
    rows = Reminder.objects.select_for_update(no_key=True).filter(appointment=appointment)
    existing = [] if is_new else list(rows)
    new, changed = _brought_up(appointment, existing, told, at=at)
    _write(new, changed)


def set_rules(
    notices: Sequence[Notice], *, quiet_from: time, quiet_until: time, by: User, at: datetime
) -> list[ReminderRule]:
    """Say anew which reminders this clinic sends, and when it is quiet; coming appointments follow at once.

    Raises BadRules.
    """
    _refuse_bad_rules(notices)
    with transaction.atomic():
        quiet = QuietHours.objects.select_for_update().first() or QuietHours()
        quiet.begins, quiet.ends = quiet_from, quiet_until
        quiet.save()
        ReminderRule.objects.all().delete()
        made = ReminderRule.objects.bulk_create(
            ReminderRule(appointment_type_id=one.appointment_type, hours_before=one.hours_before, channel=one.channel)
            for one in notices
        )
        here().memo.pop(MEMO, None)
        _bring_all_up(at=at)
    return made


def note_wish(patient: Patient, *, channel: str, agreed: bool, by: User, at: datetime) -> ContactWish:
    """Write down whether a patient agrees to be reminded by a channel; the former answers stay on record."""
    if channel not in ReminderChannel.values:
        raise BadRules(_("Choose e-mail or text message."), field="channel")
    return ContactWish.objects.create(patient=in_use(patient), channel=channel, agreed=agreed, by=by, at=at)


def wishes_of(patients: Iterable[UUID]) -> dict[tuple[UUID, str], bool]:
    """What these patients said last about each channel, on any record of theirs. Two queries."""
    asked = set(patients)
    persons = persons_of(asked)
    rows = ContactWish.objects.filter(patient__in=persons).order_by("id").values_list("patient_id", "channel", "agreed")
    said = {(persons[patient], channel): agreed for patient, channel, agreed in rows}
    return {
        (patient, channel): said[persons[patient], channel]
        for patient in asked & persons.keys()
        for channel in ReminderChannel.values
        if (persons[patient], channel) in said
    }


@transaction.atomic
def send_due(*, at: datetime, limit: int = 200) -> int:
    """Hand what is due to the outbox; how many were settled. Several workers may do this at once.

    Nothing goes out for a visit that was called off, moved or has begun, nor in the quiet hours (a worker may have
    been away for a while).
    """
    told, zone = rules(), profile.current().zone
    due = Reminder.objects.open().filter(due_at__lte=at).order_by("due_at")
    rows = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    found = list(rows.select_related("appointment__patient__merged_into")[:limit])
    agreed = wishes_of({one.appointment.patient_id for one in found})
    for one in found:
        appointment = one.appointment
        stands = appointment.status == Status.SCHEDULED and appointment.starts_at == one.starts_at
        if not stands or one.starts_at <= at:
            _settle(one, ReminderStatus.WITHDRAWN, at=at)
        elif is_quiet(at, told.quiet, zone):
            _put_off(one, told, zone, at=at)
        else:
            _send(one, agreed, zone, at=at)
    return len(found)


def _send(one: Reminder, agreed: dict[tuple[UUID, str], bool], zone: ZoneInfo, *, at: datetime) -> None:
    patient = one.appointment.patient
    address = (patient.merged_into or patient).email
    why_not = ""
    if one.channel == ReminderChannel.SMS:
        why_not = WhyNot.NO_SERVICE
    elif not address:
        why_not = WhyNot.NO_ADDRESS
    elif not agreed.get((patient.pk, one.channel)):
        why_not = WhyNot.NO_CONSENT
    if why_not:
        one.why_not = why_not
        _settle(one, ReminderStatus.UNREACHABLE, at=at)
        return
    local = one.starts_at.astimezone(zone)
    clinic = profile.current()
    context = {
        "day": date_format(local, "l j F Y"),
        "time": f"{local:%H:%M} {local.tzname()}",
        "address": clinic.address,
        "phone": clinic.phone,
    }
    one.message = email.send("appointment_reminder", to=address, context=context).pk
    _settle(one, ReminderStatus.SENT, at=at)


def _settle(one: Reminder, status: ReminderStatus, *, at: datetime) -> None:
    one.status, one.settled_at = status, at
    one.save(update_fields=["status", "settled_at", "why_not", "message"])


def _put_off(one: Reminder, told: Rules, zone: ZoneInfo, *, at: datetime) -> None:
    later = quiet_span(at, told.quiet, zone)[1]
    if at < later < one.starts_at:
        one.due_at = later
        one.save(update_fields=["due_at"])
    else:
        _settle(one, ReminderStatus.WITHDRAWN, at=at)


def _brought_up(
    appointment: Appointment, existing: Sequence[Reminder], told: Rules, *, at: datetime
) -> tuple[list[Reminder], list[Reminder]]:
    """What is missing, and what of the existing ones becomes something else."""
    wanted = _wanted(appointment, told, at=at)
    there = {(one.channel, one.hours_before, one.starts_at): one for one in existing}
    changed = []
    for one in existing:
        due = wanted.get((one.channel, one.hours_before))
        here = (one.channel, one.hours_before, appointment.starts_at)
        if one.status != ReminderStatus.OPEN:
            continue
        if due is not None and here not in there:
            there[here] = one  # it moves along
            one.starts_at, one.due_at = appointment.starts_at, due
        elif one.due_at <= at < one.starts_at == appointment.starts_at and appointment.status == Status.SCHEDULED:
            continue  # due this minute
        elif due is None or one.starts_at != appointment.starts_at:
            one.status, one.settled_at = ReminderStatus.WITHDRAWN, at
        elif one.due_at == due:
            continue
        else:
            one.due_at = due
        changed.append(one)
    new = []
    for (channel, hours_before), moment in wanted.items():
        known = there.get((channel, hours_before, appointment.starts_at))
        if known is None:
            place = {"appointment": appointment, "starts_at": appointment.starts_at, "due_at": moment}
            new.append(Reminder(channel=channel, hours_before=hours_before, **place))
        elif known.status == ReminderStatus.WITHDRAWN:
            known.status, known.settled_at, known.due_at = ReminderStatus.OPEN, None, moment
            changed.append(known)
    return new, changed


def _wanted(appointment: Appointment, told: Rules, *, at: datetime) -> dict[tuple[str, int], datetime]:
    """When each rule reminds of it; what would have been due already is not wanted any more."""
    if appointment.status != Status.SCHEDULED:
        return {}
    zone = profile.current().zone
    rows = told.of(appointment.appointment_type_id)
    moments = {(by, hours): due_at(appointment.starts_at, hours, told.quiet, zone) for by, hours in rows}
    return {key: moment for key, moment in moments.items() if moment > at}


def _write(new: Sequence[Reminder], changed: Collection[Reminder]) -> None:
    if changed:
        Reminder.objects.bulk_update(changed, ["status", "settled_at", "starts_at", "due_at"])
    if new:
        Reminder.objects.bulk_create(new)


def _bring_all_up(*, at: datetime) -> None:
    told = rules()
    coming = Appointment.objects.filter(status=Status.SCHEDULED, starts_at__gt=at).order_by("id")
    each = coming.only("id", "status", "starts_at", "appointment_type_id").iterator()
    while some := list(islice(each, BATCH)):
        rows = Reminder.objects.select_for_update(no_key=True).filter(appointment__in=[one.pk for one in some])
        existing = _by_appointment(rows.order_by("appointment_id"))
        pairs = [_brought_up(one, existing.get(one.pk, []), told, at=at) for one in some]
        _write([one for new, _changed in pairs for one in new], [one for _new, changed in pairs for one in changed])


def _by_appointment(rows: Iterable[Reminder]) -> dict[UUID, list[Reminder]]:
    return {pk: list(group) for pk, group in groupby(rows, key=lambda one: one.appointment_id)}


def _refuse_bad_rules(notices: Sequence[Notice]) -> None:
    if len(notices) > MOST_RULES * 4:
        raise BadRules(_("These are too many rules."))
    if len(set(notices)) < len(notices):
        raise BadRules(_("Two rules say the same."))
    for one in notices:
        if not 1 <= one.hours_before <= MOST_HOURS:
            raise BadRules(
                _("Remind between 1 and %(most)s hours before.") % {"most": MOST_HOURS}, field="hours_before"
            )
        if one.channel not in ReminderChannel.values:
            raise BadRules(_("Choose e-mail or text message."), field="channel")
    types = {one.appointment_type for one in notices if one.appointment_type}
    if AppointmentType.objects.filter(pk__in=types).count() < len(types):
        raise BadRules(_("There is no such appointment type."), field="appointment_type")


def in_words(appointment: Appointment) -> Iterator[str]:
    """For an appointment's panel: Thu 10:00 by e-mail, sent."""
    zone = profile.current().zone
    for one in Reminder.objects.filter(appointment=appointment):
        moment = (one.settled_at if one.status == ReminderStatus.SENT else None) or one.due_at
        local = moment.astimezone(zone)
        words = f"{date_format(local, 'D j M')} {local:%H:%M}"
        state = one.get_status_display().lower() + (f" ({one.get_why_not_display()})" if one.why_not else "")
        yield _("%(when)s by %(channel)s, %(state)s") % {
            "when": words,
            "channel": one.get_channel_display(),
            "state": state,
        }
