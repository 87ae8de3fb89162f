"""What may be done here, and which system roles may do it."""

from django.utils.translation import gettext_noop

PERMISSIONS: dict[str, str] = {
    "view_appointment": gettext_noop("See the schedule: day sheet, free times, appointments"),
    "book_appointment": gettext_noop("Book, move and cancel appointments"),
    "record_attendance": gettext_noop("Mark appointments as arrived or no-show"),
    "run_waiting_room": gettext_noop("Call patients from the waiting room and change their order"),
    "run_visit": gettext_noop("Start and complete own visits"),
    "run_any_visit": gettext_noop("Start and complete the visits of other providers too"),
    "override_double_booking": gettext_noop("Book over another appointment or outside hours, with a reason"),
    "waive_fee": gettext_noop("Let patients off the fee for a late cancellation or a no-show"),
    "edit_hours": gettext_noop("Change hours, one-off openings and leave"),
    "edit_resource": gettext_noop("Change rooms and equipment, and which appointments need them"),
    "block_time": gettext_noop("Block time of a provider, a room or equipment"),
    "edit_reminders": gettext_noop("Change which reminders are sent, and when it is quiet"),
    "edit_appointment_type": gettext_noop("Change appointment types and their fees"),
    "edit_waiting_room": gettext_noop("Set up the reception: tokens, public screens, what is asked at check-in"),
}
GRANTS: dict[str, set[str]] = {
    "provider": {
        "view_appointment",
        "book_appointment",
        "record_attendance",
        "run_visit",
        "block_time",
        "run_waiting_room",
    },
    "front_desk": {"view_appointment", "book_appointment", "record_attendance", "block_time", "run_waiting_room"},
    "nurse": {"view_appointment", "record_attendance", "run_waiting_room"},
    "billing_manager": {"view_appointment"},
    "cashier": {"view_appointment"},
    "compliance_officer": {"view_appointment"},
}
