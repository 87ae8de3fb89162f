"""The clinic's part of the API. Each subject has a module of its own."""

from django.urls import URLPattern, URLResolver

from apps.clinic.api import places, providers

urlpatterns: list[URLPattern | URLResolver] = [*providers.urlpatterns, *places.urlpatterns]
