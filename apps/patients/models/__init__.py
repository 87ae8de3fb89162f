"""The people whom the clinic sees, and what it keeps about them."""

from apps.patients.models.allergies import Allergy, AllergyReview
from apps.patients.models.conditions import Condition, Medication
from apps.patients.models.consents import ConsentForm, ConsentRevocation, PatientConsent
from apps.patients.models.coverage import Coverage
from apps.patients.models.flags import PatientFlag
from apps.patients.models.patient import NUMBER_SERIES, BloodGroup, Patient, PatientQuerySet, Sex
from apps.patients.models.record import RecordChange, RecordEntry

__all__ = [
    "NUMBER_SERIES",
    "Allergy",
    "AllergyReview",
    "BloodGroup",
    "Condition",
    "ConsentForm",
    "ConsentRevocation",
    "Coverage",
    "Medication",
    "Patient",
    "PatientConsent",
    "PatientFlag",
    "PatientQuerySet",
    "RecordChange",
    "RecordEntry",
    "Sex",
]
