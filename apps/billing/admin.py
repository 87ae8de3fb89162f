"""The catalogue, to edit; invoices and payments, to look up. Money moves on the billing pages, where the rules are."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from apps.accounts.admin_sites import LookOnly
from apps.billing import catalogue
from apps.billing.models import Invoice, Payment, Refund, Service
from apps.billing.views.shared import caller
from apps.core import clock


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a generic only to the type checker
    """What is charged for. Nothing is deleted: what is no longer offered is switched off."""

    list_display = ("name", "category", "price", "tax_name", "tax_rate", "is_active")
    list_filter = ("is_active", "category")
    search_fields = ("name",)
    fields = ("name", "category", "price", "tax_name", "tax_rate", "is_active")
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("billing.view_invoice")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_catalogue")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("billing.change_catalogue")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def save_model(self, request: HttpRequest, obj: Service, form: "ModelForm[Any]", change: bool) -> None:
        """The form has checked what it can; the rule does the writing."""
        details = {name: form.cleaned_data[name] for name in self.fields}
        if change:
            catalogue.amend_service(obj, by=caller(request), at=clock.now(), **details)
        else:
            obj.pk = catalogue.add_service(by=caller(request), at=clock.now(), **details).pk


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
