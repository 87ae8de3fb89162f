"""What may be done here, and which system roles may do it.

Who sees how much of a patient: everybody who may see patients (`view_patient`) sees who they are. Who meets them, the
desk included, sees the alerts (`view_alerts`): what they are allergic to, and flags that are meant for everybody; it
saves lives in a waiting room and tells no diagnosis. What is behind it (reactions, conditions, medication, notes, flags
for clinical staff, every change) is for providers and nurses (`view_record`), who alone write it (`edit_record`). Those
who only handle money see neither alerts nor record, but who pays (`view_coverage`).
"""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_patient": gettext_noop("Find patients and see their charts"),
    "register_patient": gettext_noop("Register patients"),
    "amend_patient": gettext_noop("Change patients' details"),
    "flag_patient": gettext_noop("Mark patients as VIP or blocked"),
    "deactivate_patient": gettext_noop("Deactivate and restore patients"),
    "view_alerts": gettext_noop("See patients' allergies and flags at a glance"),
    "view_record": gettext_noop("See allergies, conditions, medication and clinical flags in detail"),
    "edit_record": gettext_noop("Enter and change allergies, conditions and medication"),
    "edit_flag": gettext_noop("Put flags on patients and end them"),
    "view_coverage": gettext_noop("See patients' insurance"),
    "edit_coverage": gettext_noop("Enter and change patients' insurance"),
    "view_consent": gettext_noop("See what patients agreed to"),
    "take_consent": gettext_noop("Let patients sign consents, and revoke them"),
    "edit_consent_form": gettext_noop("Write, publish and withdraw consent forms"),
    "view_document": gettext_noop("See patients' documents"),
    "file_document": gettext_noop("File documents and bring new versions"),
    "retract_document": gettext_noop("Mark documents as superseded or entered in error"),
    "share_document": gettext_noop("Share documents with people outside by a link"),
    "review_duplicates": gettext_noop("Review likely duplicates"),
    "merge_patient": gettext_noop("Merge patients' records and take them apart"),
    "import_patient": gettext_noop("Import patients from files"),
    "export_patient": gettext_noop("Export patients to files"),
    "issue_card": gettext_noop("Issue and print patients' ID cards"),
    "design_card": gettext_noop("Choose what stands on ID cards"),
}
_READ = {"view_patient"}
_DESK = _READ | {"register_patient", "amend_patient", "view_alerts", "edit_flag", "view_coverage"}
_CONSENT = {"view_consent", "take_consent"}
_CLINICAL = _DESK | _CONSENT | {"view_record", "edit_record"}
_PAPERS = {"view_document", "file_document", "retract_document"}
GRANTS: dict[str, set[str]] = {
    "front_desk": _DESK
    | _CONSENT
    | _PAPERS
    | {"flag_patient", "edit_coverage", "share_document", "issue_card", "review_duplicates"},
    "provider": _CLINICAL | _PAPERS | {"share_document"},
    "nurse": _CLINICAL | _PAPERS | {"issue_card"},
    "billing_manager": _READ | {"amend_patient", "view_coverage", "edit_coverage", "view_document", "file_document"},
    "cashier": _READ | {"view_coverage"},
    "compliance_officer": _READ | {"view_consent", "view_document"},
}
