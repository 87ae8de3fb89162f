"""Scheduling's part of a patient's chart: what is coming, and the latest visits."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.clinic import profile
from apps.patients.chart import Section, add_section
from apps.patients.models import Patient
from apps.scheduling import reminders, waitlist
from apps.scheduling.models import Appointment
from apps.scheduling.models.reminder import ReminderChannel

LATEST = 10


def hang_up() -> None:
    may_see, template = "scheduling.view_appointment", "scheduling/_of_patient.html"
    add_section(Section("visits", _("Visits"), may_see, template, _of, position=10))
    waits = "scheduling/_on_the_waitlist.html"
    add_section(Section("waitlist", _("Waitlist"), may_see, waits, _waits_for, position=60))
    wishes = "scheduling/_contact_wishes.html"
    add_section(Section("reminders", _("Reminders"), may_see, wishes, _wishes_of, position=70))


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
            "words": gettext("by %(channel)s") % {"channel": channel.label},
            "agreed": said.get((patient.pk, channel.value)),
            "address": bool(address[channel]),
            "icon": icons[channel],
        }
        for channel in ReminderChannel
    ]
    return {"wishes": wishes}


def _waits_for(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    return {"entries": [(one, waitlist.wants(one)) for one in waitlist.entries_of(patient)]}
