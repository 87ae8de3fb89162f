"""The people whom the clinic sees, and what it keeps about them."""

from apps.patients.models.patient import NUMBER_SERIES, BloodGroup, Patient, PatientQuerySet, Sex

__all__ = ["NUMBER_SERIES", "BloodGroup", "Patient", "PatientQuerySet", "Sex"]
