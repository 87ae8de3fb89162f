"""Hours, appointments and what has happened to them."""

from apps.scheduling.models.appointment import Appointment, AppointmentTransition, AppointmentType, Channel, Status
from apps.scheduling.models.fees import Fee, FeeWaiver, MissedFee
from apps.scheduling.models.hours import OneOffOpening, TimeOff, WeeklyBreak, WeeklyHours

__all__ = [
    "Appointment",
    "AppointmentTransition",
    "AppointmentType",
    "Channel",
    "Fee",
    "FeeWaiver",
    "MissedFee",
    "OneOffOpening",
    "Status",
    "TimeOff",
    "WeeklyBreak",
    "WeeklyHours",
]
