"""ID cards: issued, printed, designed."""

from datetime import UTC, datetime

from apps.patients.cards import issuing
from tests.patients.factories import PatientFactory

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def rows(anonymous, status, *roles):
    return {"anonymous": anonymous, "clinic_admin": status, **dict.fromkeys(roles, status), "*": 403}


ISSUING = ("front_desk", "nurse")
ROWS = {
    "patients:card": rows(302, 200, *ISSUING),
    "POST patients:card": rows(302, 302, *ISSUING),
    "patients:card_pdf": rows(302, 200, *ISSUING),
    "patients:card_sheet": rows(302, 200, *ISSUING),
    "POST patients:card_sheet": rows(302, 400, *ISSUING),
    "patients:card_design": rows(302, 200),
    "POST patients:card_design": rows(302, 400),
    "GET api-cards": rows(401, 200, *ISSUING),
    "POST api-cards": rows(401, 201, *ISSUING),
    "GET api-card-pdf": rows(401, 200, *ISSUING),
}


def kwargs(name, cast):
    patient = PatientFactory(by=cast.ada)
    if "pdf" in name:
        return {"pk": issuing.issue(patient, by=cast.ada, at=AT).pk}
    return {"pk": patient.pk}


def data(name, cast):
    return {}
