"""What can be booked, to change; the schedule itself, to look up. Hours have pages of their own (set-up)."""

from django.contrib import admin

from apps.accounts.admin_sites import LookOnly
from apps.clinic.ruled_admin import RuledAdmin
from apps.scheduling import catalogue, resources
from apps.scheduling.models import (
    Appointment,
    AppointmentTransition,
    AppointmentType,
    Block,
    Fee,
    OneOffOpening,
    OverrideRequest,
    Resource,
    TimeOff,
    WeeklyHours,
)


@admin.register(AppointmentType)
class AppointmentTypeAdmin(RuledAdmin):
    """What can be booked and what it costs."""

    adding = staticmethod(catalogue.add_type)
    amending = staticmethod(catalogue.amend_type)
    closing = staticmethod(catalogue.withdraw_type)
    reopening = staticmethod(catalogue.offer_type_again)
    list_display = ("name", "duration_minutes", "rate", "tax_name", "tax_rate", "position", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    fields = catalogue.FIELDS


@admin.register(Fee)
class FeeAdmin(LookOnly):
    """Providers' own fees, as they were and are."""

    list_display = (
        "provider",
        "appointment_type",
        "rate",
        "facility_rate",
        "effective_from",
        "effective_until",
        "set_by",
    )
    list_select_related = ("provider", "appointment_type", "set_by")
    list_filter = ("provider", "appointment_type")


@admin.register(Resource)
class ResourceAdmin(RuledAdmin):
    """Rooms and equipment."""

    adding = staticmethod(resources.add_resource)
    amending = staticmethod(resources.amend_resource)
    closing = staticmethod(resources.close_resource)
    reopening = staticmethod(resources.reopen_resource)
    list_display = ("name", "kind", "sort", "is_active")
    list_filter = ("sort", "is_active")
    search_fields = ("name", "kind")
    fields = resources.FIELDS


@admin.register(OverrideRequest)
class OverrideRequestAdmin(LookOnly):
    """Wishes to be booked over another appointment, without their patients."""

    list_display = ("provider", "appointment_type", "starts_at", "requested_by", "requested_at", "state", "answered_by")
    list_select_related = ("provider", "appointment_type", "requested_by", "answered_by")
    list_filter = ("state", "provider")
    fields = (
        *("provider", "appointment_type", "starts_at", "ends_at", "channel", "requested_by", "requested_at"),
        *("state", "answered_by", "answered_at", "appointment"),
    )


@admin.register(Block)
class BlockAdmin(LookOnly):
    """Blocked time."""

    list_display = ("provider", "resource", "starts_at", "ends_at", "reason", "entered_by", "lifted_at")
    list_select_related = ("provider", "resource", "entered_by")
    list_filter = ("provider", "resource")


@admin.register(WeeklyHours)
class WeeklyHoursAdmin(LookOnly):
    """When providers see patients every week."""

    list_display = ("provider", "weekday", "starts", "ends", "capacity", "effective_from", "effective_until")
    list_select_related = ("provider",)
    list_filter = ("provider", "weekday")


@admin.register(OneOffOpening)
class OneOffOpeningAdmin(LookOnly):
    """Extra sessions."""

    list_display = ("provider", "starts_at", "ends_at", "capacity", "reason", "opened_by", "withdrawn_at")
    list_select_related = ("provider", "opened_by")
    list_filter = ("provider",)


@admin.register(TimeOff)
class TimeOffAdmin(LookOnly):
    """Leave and closed days."""

    list_display = ("provider", "starts_at", "ends_at", "reason", "entered_by", "withdrawn_at")
    list_select_related = ("provider", "entered_by")
    list_filter = ("provider",)


@admin.register(Appointment)
class AppointmentAdmin(LookOnly):
    """The schedule, without its patients: they are seen on the schedule's own pages, which leave a trace."""

    list_display = (
        "number",
        "provider",
        "appointment_type",
        "starts_at",
        "ends_at",
        "status",
        "channel",
        "is_override",
    )
    list_select_related = ("provider", "appointment_type")
    list_filter = ("status", "channel", "is_override", "provider")
    search_fields = ("number",)
    date_hierarchy = "starts_at"
    fields = (
        *("number", "provider", "appointment_type", "starts_at", "ends_at", "status", "lane", "capacity"),
        *("channel", "follow_up_for", "reschedule_of"),
        *("is_override", "overridden_by", "booked_by", "booked_at", "arrived_at", "started_at", "completed_at"),
    )


@admin.register(AppointmentTransition)
class AppointmentTransitionAdmin(LookOnly):
    """Every move, for ever."""

    list_display = ("appointment", "from_status", "to_status", "to_provider", "to_starts_at", "by", "at", "is_override")
    list_select_related = ("appointment", "to_provider", "by")
    list_filter = ("to_status",)
    fields = (
        *("appointment", "from_status", "to_status", "from_provider", "to_provider", "from_starts_at", "from_ends_at"),
        *("to_starts_at", "to_ends_at", "is_override", "undoes", "by", "at"),
    )
