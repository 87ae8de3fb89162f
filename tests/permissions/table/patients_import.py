"""Files of patients coming in and going out."""

from datetime import UTC, datetime

from apps.patients.files import importing

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FILE = b"First name,Last name,DOB\nAsha,Sharma,12/03/1984\nBen,,\n"


def admin(anonymous, status):
    return {"anonymous": anonymous, "clinic_admin": status, "*": 403}


ROWS = {
    "patients:imports": admin(302, 200),
    "POST patients:imports": admin(302, 400),
    "patients:import": admin(302, 200),
    "POST patients:import_reading": admin(302, 302),
    "patients:import_matching": admin(302, 200),
    "POST patients:import_matching": admin(302, 400),
    "POST patients:import_choices": admin(302, 302),
    "POST patients:import_confirmation": admin(302, 302),
    "POST patients:import_cancellation": admin(302, 302),
    "patients:import_report": admin(302, 200),
    "patients:export": admin(302, 200),
    "POST patients:export": admin(302, 400),
    "GET api-patient-imports": admin(401, 200),
    "POST api-patient-imports": admin(401, 415),
    "GET api-patient-import": admin(401, 200),
    "DELETE api-patient-import": admin(401, 200),
    "POST api-patient-import-check": admin(401, 200),
    "GET api-patient-import-lines": admin(401, 200),
    "POST api-patient-import-confirmation": admin(401, 202),
    "POST api-patient-exports": admin(401, 400),
}


def kwargs(name, cast):
    if name.endswith((":imports", "-imports", "export", "exports")):
        return {}
    file = importing.upload(FILE, file_name="old.csv", by=cast.ada, at=AT)
    if "choices" in name or "confirmation" in name or "report" in name:
        importing.check(file, mapping=file.mapping, date_order="dmy", on_duplicate="skip", at=AT)
    return {"pk": file.pk}


def data(name, cast):
    return {"encoding": "utf-8-sig", "separator": ","} if "reading" in name else {}
