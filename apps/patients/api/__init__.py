"""The patients' part of the API. Each subject has a module of its own."""

from django.urls import URLPattern, URLResolver

from apps.patients.api import cards, consents, documents, files, merging, record, register

urlpatterns: list[URLPattern | URLResolver] = [
    *register.urlpatterns,
    *record.urlpatterns,
    *consents.urlpatterns,
    *documents.urlpatterns,
    *merging.urlpatterns,
    *files.urlpatterns,
    *cards.urlpatterns,
]
