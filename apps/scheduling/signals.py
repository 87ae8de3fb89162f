"""What scheduling announces. Sent with `.send()` inside the transaction: a receiver that fails undoes the move.

* `appointment_completed` (FR-B01): a visit is over. Sender: Appointment; kwargs: appointment, by (User), at.
"""

from django.dispatch import Signal

appointment_completed = Signal()
