"""What scheduling announces. Sent with `.send()` inside the transaction: a receiver that fails undoes the move.

* `appointment_moved`: one was booked, moved or changed its status. Sender: Appointment; kwargs: appointment, move (its
  AppointmentTransition), by, at. Sent for every move, whoever made it.
* `time_opened`: leave was taken back, an extra session opened, a block lifted. Sender: TimeOff, OneOffOpening or Block;
  kwargs: provider (or None: all of them), starts_at, ends_at, by, at.
* `appointment_completed` (FR-B01): a visit is over. Sender: Appointment; kwargs: appointment, by (User), at.
* `appointment_cancelled`, `appointment_missed` (a no-show): sender Appointment; kwargs: appointment, move (the
  AppointmentTransition), charges (fees.Charge: what the patient owes for it, perhaps nothing), by, at.
* `appointment_taken_back`: an arrival, a start, a no-show or a cancellation was undone; kwargs: appointment, undone
  (the AppointmentTransition), by, at.
* `fee_waived`: nothing is owed for a cancellation or no-show any more; kwargs: appointment, fee (MissedFee), by, at.
"""

from django.dispatch import Signal

appointment_moved = Signal()
time_opened = Signal()
appointment_completed = Signal()
appointment_cancelled = Signal()
appointment_missed = Signal()
appointment_taken_back = Signal()
fee_waived = Signal()
