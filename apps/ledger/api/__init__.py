"""The ledger's part of the API. Each subject has a module of its own."""

from django.urls import URLPattern, URLResolver

from apps.ledger.api import accounts, checks, closing, journal

urlpatterns: list[URLPattern | URLResolver] = [
    *accounts.urlpatterns,
    *journal.urlpatterns,
    *checks.urlpatterns,
    *closing.urlpatterns,
]
