"""The addresses of a clinic."""

from django.contrib import admin
from django.urls import include, path

handler400 = "hpms.errors.bad_request"
handler403 = "hpms.errors.permission_denied"
handler404 = "hpms.errors.not_found"
handler500 = "hpms.errors.failed"

urlpatterns = [
    path("", include("apps.accounts.sign_in")),
    path("api/v1/", include("hpms.api")),
    path("administration/", admin.site.urls),
    path("", include("apps.accounts.urls")),
    path("", include("apps.clinic.urls")),
    path("", include("apps.patients.urls")),
    path("", include("apps.scheduling.urls")),
    path("", include("apps.billing.urls")),
    path("", include("apps.ledger.urls")),
    path("", include("apps.reports.urls")),
    path("", include("apps.audit.urls")),
]
