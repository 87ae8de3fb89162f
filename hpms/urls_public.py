"""The addresses of the platform: the way in, and the system admin's console."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.console.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.audit.urls")),
]
