"""Addresses of appointments that repeat and of reminders; urls.py adds them to its own."""

from django.urls import URLPattern, URLResolver, path

from apps.scheduling.views import reminders, series

urlpatterns: list[URLPattern | URLResolver] = [
    path("set-up/reminders/", reminders.reminder_rules, name="reminder_rules"),
    path("patients/<uuid:pk>/reminders/", reminders.contact_wish, name="contact_wish"),
    path("schedule/series/", series.new_series, name="new_series"),
    path("schedule/series/<uuid:pk>/", series.one_series, name="series"),
    path("appointments/<uuid:pk>/following/", series.following, name="following"),
    path(
        "appointments/<uuid:pk>/following/cancellation/", series.following_cancellation, name="following_cancellation"
    ),
]
