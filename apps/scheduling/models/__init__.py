"""Hours, appointments and what has happened to them."""

from apps.scheduling.models.appointment import Appointment, AppointmentTransition, AppointmentType, Channel, Status
from apps.scheduling.models.feed import CalendarFeed
from apps.scheduling.models.fees import Fee, FeeWaiver, MissedFee
from apps.scheduling.models.hours import OneOffOpening, TimeOff, WeeklyBreak, WeeklyHours
from apps.scheduling.models.leave import LeaveRequest, LeaveStatus, LeaveStep
from apps.scheduling.models.resources import Block, Need, Resource, ResourceUse, Sort

__all__ = [
    "Appointment",
    "AppointmentTransition",
    "AppointmentType",
    "Block",
    "CalendarFeed",
    "Channel",
    "Fee",
    "FeeWaiver",
    "LeaveRequest",
    "LeaveStatus",
    "LeaveStep",
    "MissedFee",
    "Need",
    "OneOffOpening",
    "Resource",
    "ResourceUse",
    "Sort",
    "Status",
    "TimeOff",
    "WeeklyBreak",
    "WeeklyHours",
]
