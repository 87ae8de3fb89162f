"""What the register of patients announces. Sent with .send() inside the transaction: who cannot follow, raises."""

from django.dispatch import Signal

# kwargs: patient, by, at.
patient_registered = Signal()
# kwargs: patient, by, at. A department that still expects the patient refuses by raising a Refusal.
patient_deactivated = Signal()
# kwargs: survivor, duplicate, by, at. Two records became one person's: who cannot follow raises a Refusal.
records_merged = Signal()
# kwargs: survivor, duplicate, leaving (ids of the records that go with the duplicate), by, at. The same.
records_separated = Signal()
