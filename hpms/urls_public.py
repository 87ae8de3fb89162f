"""The addresses of the platform: the way in, and the system admin's console."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.tenants.urls")),
]
