"""Documents: filed, read, taken out of use, shared."""

from datetime import UTC, datetime

from apps.patients.documents import filing, sharing
from tests.patients.factories import PatientFactory
from tests.patients.papers import upload
from tests.permissions.roles import only

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NO_CASHIER = {"cashier": 403, "*": 200}

FILING = ("front_desk", "provider", "nurse", "billing_manager")
RETRACTING = ("front_desk", "provider", "nurse")
SHARING = ("front_desk", "provider")
ROWS = {
    "patients:documents": {"anonymous": 302, **NO_CASHIER},
    "POST patients:documents": only(302, 400, *FILING),
    "patients:document": {"anonymous": 302, **NO_CASHIER},
    "patients:document_details": only(302, 200, *FILING),
    "POST patients:document_details": only(302, 400, *FILING),
    "POST patients:document_versions": only(302, 400, *FILING),
    "patients:document_file": {"anonymous": 302, **NO_CASHIER},
    "patients:document_preview": {"anonymous": 302, **NO_CASHIER},
    "patients:document_supersession": only(302, 200, *RETRACTING),
    "POST patients:document_supersession": only(302, 302, *RETRACTING),
    "patients:document_error": only(302, 200, *RETRACTING),
    "POST patients:document_error": only(302, 400, *RETRACTING),
    "patients:document_reinstatement": only(302, 200, *RETRACTING),
    "POST patients:document_reinstatement": only(302, 409, *RETRACTING),
    "patients:document_shares": only(302, 200, *SHARING),
    "POST patients:document_shares": only(302, 400, *SHARING),
    "POST patients:share_revocation": only(302, 302, *SHARING),
    # For whoever has a link: signed in or not makes no difference.
    "patients:shared": {"anonymous": 200, "*": 200},
    "POST patients:shared": {"anonymous": 404, "*": 404},
    "POST patients:shared_file": {"anonymous": 404, "*": 404},
    "GET api-documents": {"anonymous": 401, **NO_CASHIER},
    "POST api-documents": only(401, 415, *FILING),
    "GET api-document": {"anonymous": 401, **NO_CASHIER},
    "PATCH api-document": only(401, 200, *FILING),
    "PUT api-document-status": only(401, 400, *RETRACTING),
    "GET api-document-versions": {"anonymous": 401, **NO_CASHIER},
    "POST api-document-versions": only(401, 415, *FILING),
    "GET api-document-file": {"anonymous": 401, **NO_CASHIER},
    "GET api-document-shares": only(401, 200, *SHARING),
    "POST api-document-shares": only(401, 400, *SHARING),
    "DELETE api-document-share": only(401, 204, *SHARING),
}


def kwargs(name, cast):
    patient = PatientFactory(by=cast.ada)
    if name in {"patients:documents", "api-documents"}:
        return {"pk": patient.pk}
    document = filing.file_document(patient, upload=upload(), by=cast.ada, at=AT)
    if name in {"patients:share_revocation", "api-document-share"}:
        given = sharing.share(document.versions.get(), recipient="Dr Mehta", days=7, by=cast.ada, at=AT)
        return {"pk": given.share.pk}
    return {"pk": document.pk, "n": 1} if "file" in name or "preview" in name else {"pk": document.pk}


def data(name, cast):
    return {}
