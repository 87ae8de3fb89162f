"""Scheduling's part of a patient's chart: the next visit, the latest ones, and all of them in the stream."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.clinic import profile
from apps.core.clock import now
from apps.core.templatetags.house import tone
from apps.patients.chart import Fact, Section, Told, add_fact, add_section
from apps.patients.models import Patient
from apps.patients.timeline import Entry, Source, add_source
from apps.scheduling import reminders
from apps.scheduling.models import Appointment, Status
from apps.scheduling.models.reminder import ReminderChannel
from apps.scheduling.waitlist import joining

LATEST = 10


def hang_up() -> None:
    may_see, template = "scheduling.view_appointment", "scheduling/_of_patient.html"
    waits = "scheduling/_on_the_waitlist.html"
    add_section(Section("waitlist", gettext_lazy("Waitlist"), may_see, waits, _waits_for, position=60, aside=True))
    wishes = "scheduling/_contact_wishes.html"
    add_section(Section("reminders", gettext_lazy("Reminders"), may_see, wishes, _wishes_of, position=70, aside=True))
    add_section(Section("visits", gettext_lazy("Visits"), may_see, template, _of, position=10))
    add_fact(Fact("next_visit", may_see, _next_visit, position=10))
    add_source(Source("visits", gettext_lazy("Visits"), may_see, _visits, position=10))


def _of(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    rows = Appointment.objects.of_patient(patient).with_place_in_series()
    rows = rows.select_related("provider", "appointment_type")
    return {"visits": list(rows.order_by("-starts_at", "-id")[:LATEST]), "zone": profile.current().zone}


def _wishes_of(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    said = reminders.wishes_of([patient.pk])
    address = {ReminderChannel.EMAIL: patient.email, ReminderChannel.SMS: patient.phone}
    icons = {ReminderChannel.EMAIL: "mail", ReminderChannel.SMS: "message"}
    wishes = [
        {
            "channel": channel.value,
            "words": _("by %(channel)s") % {"channel": channel.label},
            "agreed": said.get((patient.pk, channel.value)),
            "address": bool(address[channel]),
            "icon": icons[channel],
        }
        for channel in ReminderChannel
    ]
    return {"wishes": wishes}


def _waits_for(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    return {"entries": [(one, joining.wants(one)) for one in joining.entries_of(patient)]}


def _next_visit(patient: Patient) -> Told:
    coming = Appointment.objects.of_patient(patient).filter(
        status__in=[Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION], ends_at__gt=now()
    )
    visit = coming.select_related("provider").order_by("starts_at").first()
    if visit is None:
        return Told(_("Next visit"), _("none booked"))
    local = visit.starts_at.astimezone(profile.current().zone)
    url = reverse("scheduling:appointment", args=[visit.pk])
    return Told(_("Next visit"), date_format(local, "D j M H:i"), detail=visit.provider.name, url=url, panel=True)


def _visits(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
    rows = Appointment.objects.of_patient(patient).select_related("provider", "appointment_type")
    if before is not None:
        rows = rows.filter(starts_at__lt=before)
    return [
        Entry(
            at=visit.starts_at,
            words=visit.appointment_type.name,
            icon="stethoscope",
            by=visit.provider.name,
            url=reverse("scheduling:appointment", args=[visit.pk]),
            status=visit.get_status_display(),
            tone=tone(visit.status),
            key=str(visit.pk),
            panel=True,
        )
        for visit in rows.order_by("-starts_at", "-id")[:limit]
    ]
