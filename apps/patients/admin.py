"""Patients in the administration site: to look up, never to change. Their own pages hold the rules."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin_sites import OfPatients
from apps.patients.models import Patient


@admin.register(Patient)
class PatientAdmin(OfPatients):
    """Found by number only: what is typed here stands in the address, where a name has no place."""

    whose = "pk"
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
