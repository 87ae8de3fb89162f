"""The addresses of a clinic."""

from django.contrib import admin
from django.urls import include, path

from apps.core.routing import department

handler400 = "hpms.errors.bad_request"
handler403 = "hpms.errors.permission_denied"
handler404 = "hpms.errors.not_found"
handler500 = "hpms.errors.failed"

urlpatterns = [
    path("", include("apps.accounts.sign_in")),
    path("api/v1/", include("hpms.api")),
    path("administration/", admin.site.urls),
    department("apps.accounts.urls"),
    department("apps.clinic.urls"),
    department("apps.patients.urls"),
    department("apps.scheduling.urls"),
    department("apps.billing.urls"),
    department("apps.ledger.urls"),
    department("apps.reports.urls"),
    department("apps.audit.urls"),
]
