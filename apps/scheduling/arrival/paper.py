"""The token on paper: 80 mm, no name unless the clinic wants one."""

from datetime import datetime
from pathlib import Path

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.clinic import profile
from apps.core.typesetting import typeset
from apps.patients.models import Patient
from apps.scheduling.arrival import reception
from apps.scheduling.models import Appointment, QueueTicket
from apps.scheduling.models.arrival import TokenShows

TEMPLATE = Path(__file__).parent / "documents" / "token.typ"


def token_pdf(ticket: QueueTicket, appointment: Appointment, *, at: datetime) -> bytes:
    """What the desk's printer spits out: the token, the provider, the room, the time."""
    clinic = profile.current()
    issued = ticket.issued_at.astimezone(clinic.zone)
    with override(clinic.locale.split("-")[0]):
        data = {
            "lang": clinic.locale.split("-")[0],
            "title": _("Token %(token)s") % {"token": ticket.token},
            "clinic": clinic.name,
            "token": ticket.token,
            "shown": shown_on_token(appointment.patient),
            "provider": appointment.provider.name,
            "room": appointment.provider.room.name if appointment.provider.room else "",
            "when": f"{date_format(issued, 'D j M Y')}, {issued:%H:%M}",
            "words": {"your_token": _("Your token"), "please": _("Please wait until it is called.")},
        }
        return typeset(TEMPLATE, data, at=at)


def shown_on_token(patient: Patient) -> str:
    """What the clinic wants a token to say of its patient: nothing, unless it has chosen otherwise."""
    shows = reception.settings().token_shows
    if shows == TokenShows.INITIALS:
        return patient.initials
    return str(patient.given_name) if shows == TokenShows.GIVEN_NAME else ""
