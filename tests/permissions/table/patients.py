"""Finding, registering, amending, deactivating patients."""

from datetime import UTC, datetime

from tests.patients.factories import PatientFactory

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
READS = {"anonymous": 302, "*": 200}
API_READS = {"anonymous": 401, "*": 200}


def desk(anonymous, status, *more):
    """The desk and those who see patients; others are refused."""
    return {
        "anonymous": anonymous,
        **dict.fromkeys(("clinic_admin", "front_desk", "provider", "nurse", *more), status),
        "*": 403,
    }


def admin(anonymous, status):
    return {"anonymous": anonymous, "clinic_admin": status, "*": 403}


ROWS = {
    "patients:list": READS,
    "patients:search": {"anonymous": 302, "*": 302},
    "POST patients:search": {"anonymous": 302, "*": 302},
    "patients:register": desk(302, 200),
    "POST patients:register": desk(302, 400),
    "patients:patient": READS,
    "patients:amend": desk(302, 200, "billing_manager"),
    "POST patients:amend": desk(302, 400, "billing_manager"),
    "patients:deactivation": admin(302, 200),
    "POST patients:deactivation": admin(302, 302),
    "patients:restoration": admin(302, 200),
    "POST patients:restoration": admin(302, 409),
    "GET api-patients": API_READS,
    "POST api-patients": desk(401, 400),
    "POST api-patient-search": {"anonymous": 401, "*": 400},
    "GET api-patient": API_READS,
    "PATCH api-patient": desk(401, 200, "billing_manager"),
    "POST api-patient-deactivation": admin(401, 200),
    "DELETE api-patient-deactivation": admin(401, 409),
}


def kwargs(name, cast):
    patient = PatientFactory(by=cast.ada)
    return {"pk": patient.pk}


def data(name, cast):
    return {"reason": "Moved away"} if "deactivation" in name else {}
