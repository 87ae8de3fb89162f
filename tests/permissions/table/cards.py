"""ID cards: issued, printed, designed."""

from datetime import UTC, datetime

from apps.patients.cards import issuing
from tests.patients.factories import PatientFactory
from tests.permissions.roles import only

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

ISSUING = ("front_desk", "nurse")
ROWS = {
    "patients:card": only(302, 200, *ISSUING),
    "POST patients:card": only(302, 302, *ISSUING),
    "patients:card_pdf": only(302, 200, *ISSUING),
    "patients:card_sheet": only(302, 200, *ISSUING),
    "POST patients:card_sheet": only(302, 400, *ISSUING),
    "patients:card_design": only(302, 200),
    "POST patients:card_design": only(302, 400),
    "GET api-cards": only(401, 200, *ISSUING),
    "POST api-cards": only(401, 201, *ISSUING),
    "GET api-card-pdf": only(401, 200, *ISSUING),
}


def kwargs(name, cast):
    patient = PatientFactory(by=cast.ada)
    if "pdf" in name:
        return {"pk": issuing.issue(patient, by=cast.ada, at=AT).pk}
    return {"pk": patient.pk}


def data(name, cast):
    return {}
