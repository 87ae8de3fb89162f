"""What the register of patients announces. Sent with .send() inside the transaction: who cannot follow, raises."""

from django.dispatch import Signal

# kwargs: patient, by, at.
patient_registered = Signal()
# kwargs: patient, by, at. A department that still expects the patient refuses by raising a Refusal.
patient_deactivated = Signal()
