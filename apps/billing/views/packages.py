"""Packages on pages: what each consists of, and how its price is shared over that."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.billing.forms import with_point
from apps.billing.models import Service
from apps.billing.prices import packages as rules
from apps.billing.prices.tax_words import plain
from apps.billing.views.shared import caller, frame
from apps.core import clock
from apps.core.refusals import Refusal
from apps.core.toasts import toast

PACKAGES = Service.objects.filter(category=Service.Category.PACKAGE)


@requires("billing.change_catalogue")
@require_GET
def packages(request: HttpRequest) -> HttpResponse:
    """All packages with what they consist of; they are added among the services."""
    found = PACKAGES.all().prefetch_related("parts__service")
    return render(request, "billing/packages.html", {"packages": found, "here": "packages", **frame()})


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def package(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How many of each service are in it; empty is none."""
    found = get_object_or_404(PACKAGES.all(), pk=pk)
    services = list(Service.objects.filter(is_active=True).exclude(category=Service.Category.PACKAGE))
    if request.method == "GET":
        return _show(request, found, services)
    typed = {service.pk: request.POST.get(f"quantity_{service.pk}", "").strip() for service in services}
    parts = [(service, with_point(typed[service.pk])) for service in services if typed[service.pk]]
    try:
        rules.set_parts(found, parts, by=caller(request), at=clock.now())
    except Refusal as refusal:
        return _show(request, found, services, typed=typed, refusal=refusal)
    toast(request, _("Saved."))
    return redirect("billing:packages")


def _show(
    request: HttpRequest,
    found: Service,
    services: list[Service],
    *,
    typed: dict[UUID, str] | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    shown = frame()
    parts = {part.service_id: part for part in found.parts.all()}
    singly = [service.price * parts[service.pk].quantity for service in services if service.pk in parts]
    split = iter(rules.shares(found.price, singly, shown["clinic"].currency_info) if singly else ())
    rows: list[dict[str, Any]] = []
    for service in services:
        part = parts.get(service.pk)
        kept = "" if part is None else plain(part.quantity)
        is_wrong = refusal is not None and refusal.details.get("service") == str(service.pk)
        rows.append(
            {
                "service": service,
                "typed": kept if typed is None else typed[service.pk],
                "share": None if part is None else next(split),
                "error": str(refusal) if is_wrong else "",
            }
        )
    status = 200 if refusal is None else refusal.status
    return render(request, "billing/package.html", {"package": found, "rows": rows, **shown}, status=status)
