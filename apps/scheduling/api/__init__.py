"""Scheduling's part of the API. Each subject has a module of its own."""

from django.urls import URLPattern, URLResolver

from apps.scheduling.api import (
    appointments,
    days,
    exports,
    feeds,
    fees,
    holds,
    hours,
    leave,
    reminders,
    resources,
    series,
    waiting_room,
    waitlist,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *appointments.urlpatterns,
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
    *holds.urlpatterns,
]
