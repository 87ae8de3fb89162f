"""What the installation announces to the departments. Both are sent inside the clinic, by the app's role."""

from django.dispatch import Signal

# A clinic (or the platform) has just been migrated: keep roles, charts of accounts and the like in step.
clinic_migrated = Signal()
# A clinic is being opened; kwargs: clinic (Clinic), at (datetime). First rows are made by the receivers.
clinic_opened = Signal()
