"""What the schedule says before two records become one: what is coming for both, and where it overlaps."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.core.clock import now
from apps.patients.models import Patient, persons_of
from apps.patients.together import Finding, add_finder
from apps.scheduling.models import Appointment, Status

WAITING = (Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION)


def hang_up() -> None:
    add_finder("visits", "scheduling.view_appointment", upcoming)


def upcoming(one: Patient, other: Patient) -> Iterable[Finding]:
    """Visits still to come on either record; first those at the same time, where the person sees two providers."""
    waiting = Appointment.objects.filter(status__in=WAITING, ends_at__gt=now())
    persons = persons_of([one.pk, other.pk])
    rows = list(waiting.filter(patient__in=persons).with_people().order_by("starts_at", "pk"))
    overlapping = [
        (first, second)
        for place, first in enumerate(rows)
        for second in rows[place + 1 :]
        if persons[first.patient_id] != persons[second.patient_id] and second.starts_at < first.ends_at
    ]
    if overlapping:
        pairs = {visit.pk: visit for pair in overlapping for visit in pair}
        title = _("At the same time with two providers: they stay as they are, so look whether both are right")
        yield Finding(title, [_line(visit) for visit in pairs.values()], "amber")
    if rows:
        yield Finding(_("Coming visits of both, which will be shown together"), [_line(visit) for visit in rows])


def _line(visit: Appointment) -> tuple[str, str]:
    start = visit.starts_at.astimezone(profile.current().zone)
    words = _("%(day)s %(time)s, %(provider)s, %(type)s (%(number)s, on %(patient)s)") % {
        "day": date_format(start, "D j M Y"),
        "time": f"{start:%H:%M}",
        "provider": visit.provider,
        "type": visit.appointment_type,
        "number": visit.number,
        "patient": visit.patient.number,
    }
    return words, reverse("scheduling:appointment", args=[visit.pk])
