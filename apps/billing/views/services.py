"""What this clinic charges for, on pages: names, categories, prices and taxes of services."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.billing.models import Service
from apps.billing.prices import catalogue as rules
from apps.billing.prices.forms import ServiceForm
from apps.billing.views.shared import as_typed, beside, caller, frame
from apps.core import clock
from apps.core.refusals import Refusal
from apps.core.toasts import toast


@requires("billing.change_catalogue")
@require_GET
def services(request: HttpRequest) -> HttpResponse:
    """All of them, what is no longer offered last."""
    found = Service.objects.order_by("-is_active", "category", "name")
    return render(request, "billing/services.html", {"services": found, "here": "services", **frame()})


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def new_service(request: HttpRequest) -> HttpResponse:
    wanted = {"category": request.GET["category"]} if "category" in request.GET else None
    return _write(request, ServiceForm(request.POST or None, initial=wanted), None)


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def service(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change it for invoices to come, or offer it no longer."""
    found = get_object_or_404(Service, pk=pk)
    clinic = frame()["clinic"]
    shown: dict[str, Any] = {
        "name": found.name,
        "category": found.category,
        "price": as_typed(found.price, clinic.currency, clinic.locale),
        "tax_name": found.tax_name,
        "tax_rate": f"{found.tax_rate.normalize():f}" if found.tax_rate else "",
        "is_active": found.is_active,
    }
    return _write(request, ServiceForm(request.POST or None, initial=shown), found)


def _write(request: HttpRequest, form: ServiceForm, found: Service | None) -> HttpResponse:
    status = 200 if request.method == "GET" else 400
    if request.method == "POST" and form.is_valid():
        who: dict[str, Any] = {"by": caller(request), "at": clock.now()}
        try:
            if found is None:
                rules.add_service(**who, **form.cleaned_data)
            else:
                rules.amend_service(found, **who, **form.cleaned_data)
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            toast(request, _("Saved."))
            return redirect("billing:services")
    return render(request, "billing/service.html", {"service": found, "form": form, **frame()}, status=status)
