"""Billing's part of the API. Each subject has a module of its own."""

from django.urls import URLPattern, URLResolver

from apps.billing.api import (
    accounts,
    check_in,
    corrections,
    credit_notes,
    discount_limits,
    drawers,
    gateway_refunds,
    invoices,
    issuing,
    lines,
    packages,
    payment_links,
    payments,
    price_lists,
    services,
    settings,
    settlements,
    taxes,
    visit_prices,
    write_offs,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *services.urlpatterns,
    *invoices.urlpatterns,
    *lines.urlpatterns,
    *issuing.urlpatterns,
    *credit_notes.urlpatterns,
    *write_offs.urlpatterns,
    *payments.urlpatterns,
    *corrections.urlpatterns,
    *accounts.urlpatterns,
    *check_in.urlpatterns,
    *discount_limits.urlpatterns,
    *drawers.urlpatterns,
    *payment_links.urlpatterns,
    *gateway_refunds.urlpatterns,
    *settlements.urlpatterns,
    *taxes.urlpatterns,
    *price_lists.urlpatterns,
    *visit_prices.urlpatterns,
    *packages.urlpatterns,
    *settings.urlpatterns,
]
