"""What is known of patients: the record, the stream, consents and their texts."""

from datetime import UTC, date, datetime
from uuid import uuid4

from apps.patients import consent_texts, consents, record
from apps.patients.models import Allergy, Condition, Coverage, Medication, PatientFlag
from tests.patients.factories import PatientFactory
from tests.permissions.roles import only

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CLINICAL = ("provider", "nurse")
DESK = (*CLINICAL, "front_desk")
MONEY = ("front_desk", "billing_manager")
NEW = {
    "allergy": (Allergy, {"substance": "Penicillin"}),
    "condition": (Condition, {"name": "Diabetes"}),
    "medication": (Medication, {"name": "Metformin"}),
    "flag": (PatientFlag, {"code": "hearing"}),
    "coverage": (Coverage, {"payer": "Star", "member_number": "1"}),
}
KINDS = {  # kind: plural, who sees, who writes
    "allergy": ("allergies", CLINICAL, CLINICAL),
    "condition": ("conditions", CLINICAL, CLINICAL),
    "medication": ("medication", CLINICAL, CLINICAL),
    "flag": ("flags", DESK, DESK),
    "coverage": ("coverage", (*DESK, "billing_manager", "cashier"), MONEY),
}

ROWS = {
    "patients:timeline": {"anonymous": 302, "*": 200},
    # These pages serve every kind; the table tries them with an allergy.
    "patients:enter": only(302, 200, *CLINICAL),
    "POST patients:enter": only(302, 400, *CLINICAL),
    "patients:entry": only(302, 200, *CLINICAL),
    "patients:entry_amend": only(302, 200, *CLINICAL),
    "POST patients:entry_amend": only(302, 400, *CLINICAL),
    "patients:entry_end": only(302, 200, *CLINICAL),
    "POST patients:entry_end": only(302, 302, *CLINICAL),
    "patients:entry_strike": only(302, 200, *CLINICAL),
    "POST patients:entry_strike": only(302, 400, *CLINICAL),
    "POST patients:no_known_allergies": only(302, 302, *CLINICAL),
    "patients:consents": only(302, 200, *DESK, "compliance_officer"),
    "patients:signature": only(302, 200, *DESK),
    "POST patients:signature": only(302, 400, *DESK),
    "patients:consent": only(302, 200, *DESK, "compliance_officer"),
    "patients:consent_pdf": only(302, 200, *DESK, "compliance_officer"),
    "patients:consent_revocation": only(302, 200, *DESK),
    "POST patients:consent_revocation": only(302, 400, *DESK),
    "patients:consent_forms": only(302, 200),
    "patients:consent_form_new": only(302, 200),
    "POST patients:consent_form_new": only(302, 400),
    "patients:consent_form": only(302, 200),
    "POST patients:consent_form": only(302, 409),
    "POST patients:consent_form_publication": only(302, 409),
    "POST patients:consent_form_withdrawal": only(302, 302),
    "POST patients:consent_form_discarding": only(302, 409),
    "POST patients:consent_form_next": only(302, 302),
    "GET api-patient-alerts": only(401, 200, *DESK),
    "POST api-no-known-allergies": only(401, 200, *CLINICAL),
    "GET api-patient-timeline": {"anonymous": 401, "*": 200},
    "GET api-consent-forms": only(401, 200, *DESK, "compliance_officer"),
    "POST api-consent-forms": only(401, 400),
    "POST api-consent-form-publication": only(401, 409),
    "DELETE api-consent-form-publication": only(401, 200),
    "GET api-consents-of-patient": only(401, 200, *DESK, "compliance_officer"),
    "POST api-consents-of-patient": only(401, 400, *DESK),
    "GET api-consent": only(401, 200, *DESK, "compliance_officer"),
    "POST api-consent-revocation": only(401, 400, *DESK),
}
for _kind, (_plural, _see, _write) in KINDS.items():
    ROWS |= {
        f"GET api-{_plural}-of-patient": only(401, 200, *_see),
        f"POST api-{_plural}-of-patient": only(401, 400, *_write),
        f"GET api-{_kind}": only(401, 200, *_see),
        f"PATCH api-{_kind}": only(401, 200, *_write),
        f"POST api-{_kind}-end": only(401, 200, *_write),
        f"POST api-{_kind}-error": only(401, 400, *_write),
    }


def kwargs(name, cast):
    if name.startswith(("patients:consent_form", "api-consent-form")):
        return (
            {} if name in ("patients:consent_forms", "patients:consent_form_new", "api-consent-forms") else text(cast)
        )
    patient = PatientFactory(by=cast.ada)
    if name == "patients:enter":
        return {"pk": patient.pk, "kind": "allergy"}
    if name == "patients:signature":
        return {"pk": patient.pk, "form_pk": text(cast)["pk"]}
    if (
        name in ("patients:consent", "patients:consent_pdf", "patients:consent_revocation")
        or name.startswith(("api-consent-revocation",))
        or name == "api-consent"
    ):
        return {"pk": signed(patient, cast).pk}
    if name.startswith("patients:entry"):
        return {"kind": "allergy", "pk": entry("allergy", patient, cast).pk}
    for kind in KINDS:
        if name in (f"api-{kind}", f"api-{kind}-end", f"api-{kind}-error"):
            return {"pk": entry(kind, patient, cast).pk}
    return {"pk": patient.pk}


def entry(kind, patient, cast):
    model, details = NEW[kind]
    return record.enter(model, patient, by=cast.ada, at=AT, **details)


def text(cast):
    draft = consent_texts.draft(by=cast.ada, at=AT, title="Treatment", body="I agree.", is_required=True)
    return {"pk": consent_texts.publish(draft, by=cast.ada, at=AT).pk}


def signed(patient, cast):
    draft = consent_texts.draft(by=cast.ada, at=AT, title="Treatment", body="I agree.", is_required=True)
    form = consent_texts.publish(draft, by=cast.ada, at=AT)
    return consents.sign(patient, form, by=cast.ada, at=AT, asked_as=uuid4(), signer_name="Asha Sharma")


def data(name, cast):
    return {"on": date(2026, 3, 3).isoformat()} if name == "patients:entry_end" else {}
