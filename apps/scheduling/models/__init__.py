"""Hours, appointments and what has happened to them."""

from apps.scheduling.models.appointment import Appointment, Channel, Status
from apps.scheduling.models.appointment_type import AppointmentType
from apps.scheduling.models.arrival import ArrivalSettings, WaitingScreen
from apps.scheduling.models.feed import CalendarFeed
from apps.scheduling.models.fees import Fee, FeeWaiver, MissedFee
from apps.scheduling.models.holds import Hold, OverrideRequest
from apps.scheduling.models.hours import OneOffOpening, TimeOff, WeeklyBreak, WeeklyHours
from apps.scheduling.models.leave import LeaveRequest, LeaveStatus, LeaveStep
from apps.scheduling.models.queue import Priority, QueueTicket, TicketEntry, TicketStatus, TokenCounter, TokenPrefix
from apps.scheduling.models.reminder import ContactWish, QuietHours, Reminder, ReminderRule
from apps.scheduling.models.resources import Block, Need, Resource, ResourceUse, Sort
from apps.scheduling.models.series import AppointmentSeries
from apps.scheduling.models.transition import AppointmentTransition
from apps.scheduling.models.waitlist import WaitlistEntry, WaitlistOffer

__all__ = [
    "Appointment",
    "AppointmentSeries",
    "AppointmentTransition",
    "AppointmentType",
    "ArrivalSettings",
    "Block",
    "CalendarFeed",
    "Channel",
    "ContactWish",
    "Fee",
    "FeeWaiver",
    "Hold",
    "LeaveRequest",
    "LeaveStatus",
    "LeaveStep",
    "MissedFee",
    "Need",
    "OneOffOpening",
    "OverrideRequest",
    "Priority",
    "QueueTicket",
    "QuietHours",
    "Reminder",
    "ReminderRule",
    "Resource",
    "ResourceUse",
    "Sort",
    "Status",
    "TicketEntry",
    "TicketStatus",
    "TimeOff",
    "TokenCounter",
    "TokenPrefix",
    "WaitingScreen",
    "WaitlistEntry",
    "WaitlistOffer",
    "WeeklyBreak",
    "WeeklyHours",
]
