"""The catalogue, to edit; invoices and payments, to look up. Money moves on the billing pages, where the rules are."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin_sites import OfPatients
from apps.billing.models import (
    BillingSettings,
    CreditNote,
    DiscountLimit,
    Invoice,
    Payment,
    PriceList,
    Refund,
    Service,
    Tax,
    VisitPrice,
    WriteOff,
)
from apps.billing.paying import credit_rule
from apps.billing.prices import catalogue, discount_limits, price_lists, taxes, visit_prices
from apps.billing.prices.forms import TaxForm
from apps.clinic.ruled_admin import RuledAdmin, RuledForm


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


class TaxAdminForm(RuledForm):
    """A tax with what takes it."""

    categories = forms.MultipleChoiceField(
        label=_("All of a category"),
        required=False,
        choices=Service.Category.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.all(), label=_("Single services"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            shown = TaxForm.of(self.instance)
            self.initial.update({name: shown[name] for name in ("categories", "services")})


@admin.register(Tax)
class TaxAdmin(RuledAdmin):
    """From when, at which rate, on what. A new rate is a new row: the page "Taxes" writes it."""

    form = TaxAdminForm
    adding = staticmethod(taxes.add_tax)
    amending = staticmethod(taxes.amend_tax)
    list_display = ("name", "rate", "is_included", "starts_on", "ends_on")
    fields = ("name", "rate", "is_included", "starts_on", "ends_on", "categories", "services")
    actions = ()


@admin.register(PriceList)
class PriceListAdmin(RuledAdmin):
    """For whom is said with the patient; what services cost on it, on the page "Price lists"."""

    adding = staticmethod(price_lists.add_price_list)
    amending = staticmethod(price_lists.amend_price_list)
    list_display = ("name", "is_active")
    fields = ("name", "is_active")
    actions = ()


def _set_visit_price(**typed: Any) -> VisitPrice:
    """From its day on, until the next change that is planned already."""
    price_list, day, by, at = (typed.pop(name) for name in ("price_list", "starts_on", "by", "at"))
    kind, provider, part = (typed[name] for name in ("appointment_type", "provider", "part"))
    visit_prices.set_visit_prices(price_list, [(kind, provider, part, typed["amount"])], starts_on=day, by=by, at=at)
    rows = VisitPrice.objects.on(day).filter(price_list=price_list, appointment_type=kind)
    return rows.get(provider=provider, part=part)


def _amend_visit_price(price: VisitPrice, **typed: Any) -> VisitPrice:
    about = {name: getattr(price, name) for name in ("price_list", "appointment_type", "provider", "part")}
    return _set_visit_price(**about, **typed)


@admin.register(VisitPrice)
class VisitPriceAdmin(RuledAdmin):
    """What visits cost on a price list, from a day on. None is taken away here: the grid of the list does that."""

    adding = staticmethod(_set_visit_price)
    amending = staticmethod(_amend_visit_price)
    list_display = ("price_list", "appointment_type", "provider", "part", "amount", "starts_on", "ends_on")
    list_filter = ("price_list", "part")
    list_select_related = ("price_list", "appointment_type", "provider")
    actions = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        changing = ["amount", "starts_on"]
        return changing if obj is not None else ["price_list", "appointment_type", "provider", "part", *changing]


@admin.register(BillingSettings)
class BillingSettingsAdmin(RuledAdmin):
    """What the clinic has chosen about its money: one row, also where somebody adds another."""

    adding = staticmethod(credit_rule.choose)
    amending = staticmethod(lambda _chosen, **typed: credit_rule.choose(**typed))
    list_display = ("__str__", "credit_by_itself")
    fields = ("credit_by_itself",)
    actions = ()


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


class Books(OfPatients):
    """For whoever may see invoices."""

    listed_as = "billing list"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("billing.view_invoice")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Invoice)
class InvoiceAdmin(Books):
    """By number."""

    read_as = "invoice"
    list_display = ("__str__", "patient", "issued_on", "total", "due", "status")
    list_filter = ("status", "source")
    list_select_related = ("patient",)
    search_fields = ("number", "patient__number")
    date_hierarchy = "issued_on"


@admin.register(Payment)
class PaymentAdmin(Books):
    """By number."""

    read_as = "payment"
    list_display = ("__str__", "patient", "received_on", "method", "amount", "unapplied", "status")
    list_filter = ("status", "method")
    list_select_related = ("patient",)
    search_fields = ("number", "patient__number")
    date_hierarchy = "received_on"


@admin.register(Refund)
class RefundAdmin(Books):
    """By number."""

    whose, read_as = "payment.patient_id", "payment"
    list_display = ("number", "payment", "refunded_on", "method", "amount")
    list_select_related = ("payment",)
    search_fields = ("number", "payment__number")


@admin.register(CreditNote)
class CreditNoteAdmin(Books):
    """By number."""

    whose, read_as = "invoice.patient_id", "credit note"
    list_display = ("number", "invoice", "credited_on", "net", "tax", "total", "disposition")
    list_select_related = ("invoice",)
    search_fields = ("number", "invoice__number")
    date_hierarchy = "credited_on"


@admin.register(WriteOff)
class WriteOffAdmin(Books):
    """By number."""

    whose, read_as = "invoice.patient_id", "invoice"
    list_display = ("number", "invoice", "written_off_on", "category", "amount")
    list_filter = ("category",)
    list_select_related = ("invoice",)
    search_fields = ("number", "invoice__number")
    date_hierarchy = "written_off_on"
