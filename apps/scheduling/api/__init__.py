"""Scheduling's part of the API. Each subject has a module of its own."""

from django.urls import URLPattern, URLResolver

from apps.scheduling.api import appointments, fees

urlpatterns: list[URLPattern | URLResolver] = [
    *appointments.urlpatterns,
    *fees.urlpatterns,
]
