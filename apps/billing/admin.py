"""The catalogue, to edit; invoices and payments, to look up. Money moves on the billing pages, where the rules are."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from apps.accounts.admin_sites import LookOnly
from apps.billing import catalogue, discount_limits
from apps.billing.models import DiscountLimit, Invoice, Payment, Refund, Service
from apps.clinic.ruled_admin import RuledAdmin


@admin.register(Service)
class ServiceAdmin(RuledAdmin):
    """What is charged for. Nothing is deleted: what is no longer offered is switched off."""

    adding = staticmethod(catalogue.add_service)
    amending = staticmethod(catalogue.amend_service)
    list_display = ("name", "category", "price", "tax_name", "tax_rate", "is_active")
    list_filter = ("is_active", "category")
    search_fields = ("name",)
    fields = ("name", "category", "price", "tax_name", "tax_rate", "is_active")
    actions = ()


def _set_limit(**typed: Any) -> DiscountLimit:
    discount_limits.set_limits([(typed["role"], typed["percent"])], by=typed["by"], at=typed["at"])
    return DiscountLimit.objects.get(role=typed["role"])


@admin.register(DiscountLimit)
class DiscountLimitAdmin(RuledAdmin):
    """How much each role may let off. A limit is taken away on the page "Discount limits"."""

    adding = staticmethod(_set_limit)
    amending = staticmethod(lambda limit, **typed: _set_limit(role=limit.role, **typed))
    list_display = ("role", "percent")
    list_select_related = ("role",)
    actions = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["role", "percent"] if obj is None else ["percent"]


class Books(LookOnly):
    """For whoever may see invoices."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("billing.view_invoice")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Invoice)
class InvoiceAdmin(Books):
    """By number."""

    list_display = ("__str__", "patient", "issued_on", "total", "due", "status")
    list_filter = ("status", "source")
    list_select_related = ("patient",)
    search_fields = ("number", "patient__number")
    date_hierarchy = "issued_on"


@admin.register(Payment)
class PaymentAdmin(Books):
    """By number."""

    list_display = ("__str__", "patient", "received_on", "method", "amount", "unapplied", "status")
    list_filter = ("status", "method")
    list_select_related = ("patient",)
    search_fields = ("number", "patient__number")
    date_hierarchy = "received_on"


@admin.register(Refund)
class RefundAdmin(Books):
    """By number."""

    list_display = ("number", "payment", "refunded_on", "method", "amount")
    list_select_related = ("payment",)
    search_fields = ("number", "payment__number")
