"""Patients in the administration site: to look up, never to change. Their own pages hold the rules."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin_sites import LookOnly
from apps.audit.reads import record_read, record_reads
from apps.patients.models import Patient


@admin.register(Patient)
class PatientAdmin(LookOnly):
    """Found by number only: what is typed here stands in the address, where a name has no place."""

    list_display = ("number", "full_name", "birth_date", "sex", "phone", "is_active", "is_blocked", "registered_at")
    list_filter = ("is_active", "is_vip", "is_blocked", "sex")
    list_per_page = 50
    sortable_by = ("number", "is_active", "is_blocked", "registered_at")
    search_fields = ("number",)
    search_help_text = _("By number. Names, phones and dates of birth are searched on the patients page.")
    fields = tuple(
        field.name
        for field in Patient._meta.fields
        if not field.name.endswith(("_token", "_tokens")) and field.name != "id"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Patient]:
        return Patient.objects.recent_first()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: Any = super().changelist_view(request, extra_context)
        if listed := getattr(response, "context_data", {}).get("cl"):
            record_reads({patient.pk for patient in listed.result_list}, "list")
        return response  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        if response.status_code == 200:
            record_read(UUID(object_id), "chart")
        return response
