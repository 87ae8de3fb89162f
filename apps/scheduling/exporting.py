"""Appointments as a CSV file, read in batches and packed at once (patients/files/exporting.py says why)."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.core.refusals import Refusal
from apps.core.sheets import cut, packed, safe, unpacked
from apps.scheduling.fitting import SEE_PATIENTS
from apps.scheduling.models import Appointment

BATCH = 500
MOST = 50_000


class TooMany(Refusal):
    """More than a file may hold, or a person would open."""

    code = "too_many"
    field = "last_day"


def export(appointments: QuerySet[Appointment], *, by: User, with_mark: bool = True) -> Iterator[bytes]:
    """The file, piece by piece; `with_mark` tells Excel that it is UTF-8.

    No cell can be a formula (core/sheets.py), and every patient on it stands in the trail as read. Raises TooMany.
    """
    zone, named = profile.current().zone, by.has_perm(SEE_PATIENTS)
    if appointments.order_by().count() > MOST:
        raise TooMany(_("More than %(n)s appointments: choose fewer days.") % {"n": MOST})
    pieces = [packed([_head(named)], mark=with_mark)]
    with transaction.atomic():
        rows = appointments.select_related("patient", "provider__department", "provider__room", "appointment_type")
        ordered = rows.order_by("starts_at", "id")
        pieces += [_lines(batch, zone, named) for batch in cut(ordered.iterator(chunk_size=BATCH), BATCH)]
    return unpacked(pieces)


def _head(named: bool) -> list[str]:
    visit = [
        _("Number"),
        _("Day"),
        _("From"),
        _("To"),
        _("Provider"),
        _("Department"),
        _("Room"),
        _("For"),
        _("Status"),
    ]
    person = [_("Given name"), _("Family name"), _("Phone"), _("Reason")] if named else []
    return [*visit, _("Booked"), _("Booked over"), _("Patient no."), *person]


def _lines(batch: list[Appointment], zone: ZoneInfo, named: bool) -> bytes:
    record_reads({one.patient_id for one in batch}, "export")
    return packed([[safe(cell) for cell in _cells(one, zone, named)] for one in batch])


def _cells(one: Appointment, zone: ZoneInfo, named: bool) -> list[str]:
    starts, ends, provider = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone), one.provider
    who = one.patient
    return [
        *(one.number, starts.date().isoformat(), f"{starts:%H:%M}", f"{ends:%H:%M}", provider.name),
        *(str(provider.department or ""), str(provider.room or ""), one.appointment_type.name),
        *(one.get_status_display(), one.get_channel_display(), _("yes") if one.is_override else _("no"), who.number),
        *((who.given_name, who.family_name, who.phone, one.reason) if named else ()),
    ]
