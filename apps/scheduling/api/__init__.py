"""Scheduling's part of the API. Each subject has a module of its own."""

from django.urls import URLPattern, URLResolver

from apps.scheduling.api import (
    appointment_types,
    appointments,
    days,
    exports,
    feeds,
    fees,
    free_times,
    holds,
    hours,
    leave,
    queue_tickets,
    reminders,
    resources,
    screens,
    series,
    steps,
    waiting_room,
    waitlist,
    walk_ins,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *appointment_types.urlpatterns,
    *free_times.urlpatterns,
    *appointments.urlpatterns,
    *steps.urlpatterns,
    *feeds.urlpatterns,
    *fees.urlpatterns,
    *hours.urlpatterns,
    *leave.urlpatterns,
    *days.urlpatterns,
    *exports.urlpatterns,
    *resources.urlpatterns,
    *reminders.urlpatterns,
    *series.urlpatterns,
    *waitlist.urlpatterns,
    *waiting_room.urlpatterns,
    *queue_tickets.urlpatterns,
    *screens.urlpatterns,
    *walk_ins.urlpatterns,
    *holds.urlpatterns,
]
