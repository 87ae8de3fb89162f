"""Which reminders are sent, and who agreed to be reached how."""

from apps.scheduling.models import Appointment
from tests.permissions.roles import only
from tests.permissions.table.scheduling import kwargs as appointment

BOOKS = ("front_desk", "provider")

ROWS = {
    "scheduling:reminder_rules": only(302, 200),
    "POST scheduling:reminder_rules": only(302, 400),
    "POST scheduling:contact_wish": only(302, 302, *BOOKS),
    "GET api-appointment-reminders": {"anonymous": 401, "*": 200},
    "GET api-reminder-rules": {"anonymous": 401, "*": 200},
    "PUT api-reminder-rules": only(401, 400),
    "GET api-contact-wishes": {"anonymous": 401, "*": 200},
    "POST api-contact-wishes": only(401, 400, *BOOKS),
}


def kwargs(name, cast):
    made = appointment("api-appointment", cast)
    if name.endswith(("contact_wish", "contact-wishes")):
        return {"pk": Appointment.objects.get(pk=made["pk"]).patient_id}
    return made
