"""The clinic's master data in the administration site."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from apps.accounts.models import User
from apps.clinic import places, profile, providers
from apps.clinic.models import ClinicProfile, Department, Provider, Room, Site
from apps.clinic.ruled_admin import RuledAdmin


def _amend_profile(_profile: ClinicProfile, **changes: Any) -> ClinicProfile:
    return profile.amend(**changes)


@admin.register(ClinicProfile)
class ClinicProfileAdmin(RuledAdmin):
    """What stands on the door. The currency was fixed when the clinic was opened."""

    amending = staticmethod(_amend_profile)
    fields = (
        "name",
        "address",
        "phone",
        "email",
        "tax_id",
        "upi_address",
        "timezone",
        "currency",
        "locale",
        "feeds_name_patients",
    )
    readonly_fields = ("currency",)
    actions = ()


@admin.register(Department)
class DepartmentAdmin(RuledAdmin):
    """The parts of the clinic."""

    adding = staticmethod(places.add_department)
    amending = staticmethod(places.amend_department)
    closing = staticmethod(places.close)
    reopening = staticmethod(places.reopen)
    list_display = ("name", "position", "is_active")
    fields = ("name", "position")


@admin.register(Site)
class SiteAdmin(RuledAdmin):
    """Where the clinic sees patients."""

    adding = staticmethod(places.add_site)
    amending = staticmethod(places.amend_site)
    closing = staticmethod(places.close)
    reopening = staticmethod(places.reopen)
    list_display = ("name", "address", "is_active")
    fields = ("name", "address")


@admin.register(Room)
class RoomAdmin(RuledAdmin):
    """Where patients are seen."""

    adding = staticmethod(places.add_room)
    amending = staticmethod(places.amend_room)
    closing = staticmethod(places.close)
    reopening = staticmethod(places.reopen)
    list_display = ("name", "department", "site", "is_active")
    list_select_related = ("department", "site")
    fields = ("name", "department", "site")


@admin.register(Provider)
class ProviderAdmin(RuledAdmin):
    """Whose time patients book."""

    adding = staticmethod(providers.add_provider)
    amending = staticmethod(providers.amend_provider)
    closing = staticmethod(providers.deactivate_provider)
    reopening = staticmethod(providers.restore_provider)
    list_display = ("name", "specialty", "department", "room", "user", "position", "is_active")
    list_select_related = ("department", "room", "user")
    list_filter = ("is_active", "department")
    search_fields = ("name", "specialty", "licence_number")
    fields = providers.FIELDS

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(Q(is_active=True) | Q(provider__isnull=False))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
