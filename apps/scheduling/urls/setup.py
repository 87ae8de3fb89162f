"""Addresses of the set-up pages; urls.py adds them to its own."""

from django.urls import URLPattern, URLResolver, path

from apps.scheduling.views import blocks, catalogue, feeds, fees, hours, leave, resources

urlpatterns: list[URLPattern | URLResolver] = [
    path("set-up/", catalogue.setup, name="setup"),
    path("set-up/closed-days/", hours.closed_days, name="closed_days"),
    path("set-up/types/new/", catalogue.new_type, name="new_type"),
    path("set-up/types/<uuid:pk>/", catalogue.edit_type, name="edit_type"),
    path("set-up/types/<uuid:pk>/fee/", catalogue.fee, name="fee"),
    path("set-up/types/<uuid:pk>/withdrawal/", catalogue.withdraw_type, name="withdraw_type"),
    path("set-up/types/<uuid:pk>/offer/", catalogue.offer_type, name="offer_type"),
    path("set-up/closed-days/list/", leave.holidays, name="holidays"),
    path("set-up/leave-requests/", leave.leave_requests, name="leave_requests"),
    path("set-up/leave-requests/<uuid:pk>/answer/", leave.leave_answer, name="leave_answer"),
    path("set-up/providers/<uuid:pk>/calendar/", feeds.provider_calendar, name="provider_calendar"),
    path("set-up/fees/", fees.fees, name="fees"),
    path("set-up/providers/<uuid:pk>/fees/<uuid:type_pk>/", fees.provider_fee, name="provider_fee"),
    path("set-up/providers/<uuid:pk>/hours/", hours.provider_hours, name="provider_hours"),
    path("set-up/providers/<uuid:pk>/leave/", hours.leave, name="leave"),
    path("set-up/providers/<uuid:pk>/openings/", hours.opening, name="opening"),
    path("set-up/leave/<uuid:pk>/withdrawal/", hours.withdraw_leave, name="withdraw_leave"),
    path("set-up/openings/<uuid:pk>/withdrawal/", hours.withdraw_opening, name="withdraw_opening"),
    path("set-up/resources/", resources.resource_list, name="resources"),
    path("set-up/resources/new/", resources.new_resource, name="new_resource"),
    path("set-up/resources/<uuid:pk>/", resources.resource, name="resource"),
    path("set-up/resources/<uuid:pk>/closing/", resources.resource_closing, name="resource_closing"),
    path("set-up/resources/<uuid:pk>/reopening/", resources.resource_reopening, name="resource_reopening"),
    path("set-up/types/<uuid:pk>/needs/", resources.needs, name="needs"),
    path("schedule/blocks/", blocks.blocks, name="blocks"),
    path("schedule/blocks/<uuid:pk>/lifting/", blocks.lift_block, name="lift_block"),
]
