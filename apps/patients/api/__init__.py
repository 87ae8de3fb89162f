"""The patients' part of the API. Each subject has a module of its own."""

from django.urls import URLPattern, URLResolver

from apps.patients.api import cards, chart, consents, documents, files, merging, record, register, shares

urlpatterns: list[URLPattern | URLResolver] = [
    *register.urlpatterns,
    *chart.urlpatterns,
    *record.urlpatterns,
    *consents.urlpatterns,
    *documents.urlpatterns,
    *shares.urlpatterns,
    *merging.urlpatterns,
    *files.urlpatterns,
    *cards.urlpatterns,
]
