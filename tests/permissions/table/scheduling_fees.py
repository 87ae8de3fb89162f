"""Fees of providers, what visits cost, fees for missed appointments and their waiver."""

from datetime import timedelta

from django.utils import timezone

from apps.scheduling import booking, catalogue
from apps.scheduling.models import Appointment
from tests.permissions.roles import only
from tests.permissions.table.scheduling import API_READS
from tests.permissions.table.scheduling import kwargs as appointment

ROWS = {
    "scheduling:fees": only(302, 200),
    "POST scheduling:fees": only(302, 400),
    "scheduling:provider_fee": only(302, 200),
    "POST scheduling:provider_fee": only(302, 400),
    "scheduling:waiver": only(302, 200),
    "POST scheduling:waiver": only(302, 302),
    "GET api-fees": API_READS,
    "POST api-fees": only(401, 400),
    "GET api-costs": {"anonymous": 401, "*": 400},
    "GET api-appointment-costs": API_READS,
    "POST api-appointment-waiver": only(401, 204),
}


def kwargs(name, cast):
    made = Appointment.objects.select_related("appointment_type").get(pk=appointment("api-appointment", cast)["pk"])
    if name == "scheduling:provider_fee":
        return {"pk": made.provider_id, "type_pk": made.appointment_type_id}
    if name.endswith("waiver"):
        at = timezone.now()
        rule = {"cancel_fee_kind": "fixed", "cancel_fee_value": "100"}
        catalogue.amend_type(made.appointment_type, by=cast.ada, at=at, **rule)
        booking.cancel(made, by=cast.ada, at=at - timedelta(minutes=1), reason="Changed plans")
    return {"pk": made.pk}


def data(name, cast):
    return {"reason": "First time"} if name.endswith("waiver") else {}
