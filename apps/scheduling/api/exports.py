"""The list of appointments as a file."""

from datetime import date

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request

from apps.accounts.api_access import Needs, caller
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.sheets import sheet_of
from apps.scheduling import exporting
from apps.scheduling.api.appointments import AppointmentFilter
from apps.scheduling.models import Appointment


class Export(generics.GenericAPIView[Appointment]):
    """Appointments as a CSV file, with the filters of their list."""

    permission_classes = [
        Needs("scheduling.view_appointment"),  # type: ignore[list-item]
        Needs("patients.export_patient"),  # type: ignore[list-item]
    ]
    filterset_class = AppointmentFilter

    def get_queryset(self) -> QuerySet[Appointment]:
        return Appointment.objects.all()

    @extend_schema(filters=True, responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """At most 50,000 of them; every patient on it stands in the trail as read."""
        rows = self.filter_queryset(self.get_queryset())
        today: date = day_of(now(), profile.current().zone)
        return sheet_of(f"appointments-{today}.csv", exporting.export(rows, by=caller(request)))


urlpatterns: list[URLPattern | URLResolver] = [
    path("appointments/export/", Export.as_view(), name="api-appointments-export"),
]
