"""The people whom the clinic sees, and what it keeps about them."""

from apps.patients.models.allergies import Allergy, AllergyReview
from apps.patients.models.card import BirthOnCard, CardDesign, CardReason, IdCard, IdCardQuerySet
from apps.patients.models.conditions import Condition, Medication
from apps.patients.models.confirmation import DetailsConfirmation
from apps.patients.models.consents import ConsentForm, ConsentRevocation, PatientConsent
from apps.patients.models.coverage import Coverage
from apps.patients.models.document import (
    MOST_WRONG_PINS,
    Category,
    Document,
    DocumentQuerySet,
    DocumentShare,
    DocumentStatus,
    DocumentVersion,
    Scan,
    ShareOpening,
)
from apps.patients.models.duplicate import DuplicatePair, DuplicateSearch
from apps.patients.models.flags import PatientFlag
from apps.patients.models.imports import ImportLine, ImportPart, PatientExport, PatientImport
from apps.patients.models.merging import PatientMerge, PatientSeparation
from apps.patients.models.patient import NUMBER_SERIES, BloodGroup, Patient, PatientQuerySet, Sex
from apps.patients.models.persons import in_use, persons_of, records_of
from apps.patients.models.record import RecordChange, RecordEntry

__all__ = [
    "MOST_WRONG_PINS",
    "NUMBER_SERIES",
    "Allergy",
    "AllergyReview",
    "BirthOnCard",
    "BloodGroup",
    "CardDesign",
    "CardReason",
    "Category",
    "Condition",
    "ConsentForm",
    "ConsentRevocation",
    "Coverage",
    "DetailsConfirmation",
    "Document",
    "DocumentQuerySet",
    "DocumentShare",
    "DocumentStatus",
    "DocumentVersion",
    "DuplicatePair",
    "DuplicateSearch",
    "IdCard",
    "IdCardQuerySet",
    "ImportLine",
    "ImportPart",
    "Medication",
    "Patient",
    "PatientConsent",
    "PatientExport",
    "PatientFlag",
    "PatientImport",
    "PatientMerge",
    "PatientQuerySet",
    "PatientSeparation",
    "RecordChange",
    "RecordEntry",
    "Scan",
    "Sex",
    "ShareOpening",
    "in_use",
    "persons_of",
    "records_of",
]
