"""The addresses of a clinic."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.accounts.urls")),
    path("", include("apps.clinic.urls")),
    path("", include("apps.patients.urls")),
    path("", include("apps.scheduling.urls")),
    path("", include("apps.billing.urls")),
    path("", include("apps.ledger.urls")),
    path("", include("apps.reports.urls")),
    path("", include("apps.audit.urls")),
]
