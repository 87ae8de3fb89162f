"""The addresses of the platform: the way in, and the system admin's console."""

from django.urls import include, path

from apps.accounts.admin_sites import console_admin
from apps.core.routing import department

handler400 = "hpms.errors.bad_request"
handler403 = "hpms.errors.permission_denied"
handler404 = "hpms.errors.not_found"
handler500 = "hpms.errors.failed"

urlpatterns = [
    path("", include("apps.accounts.sign_in")),
    path("administration/", console_admin.urls),
    department("apps.console.urls"),
    department("apps.accounts.urls"),
    department("apps.audit.urls"),
]
