"""How much each role may let off, on one page: a setting of the clinic admin."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts import roles
from apps.accounts.access import requires
from apps.billing.prices import discount_limits as limits
from apps.billing.prices.discount_limits import Limited
from apps.billing.prices.tax_words import plain
from apps.billing.views.shared import caller
from apps.core import clock
from apps.core.refusals import Refusal
from apps.core.toasts import toast


@requires("billing.set_discount_limits")
@require_http_methods(["GET", "POST"])
def discount_limits(request: HttpRequest) -> HttpResponse:
    """Each role that gives discounts with the most it may let off; empty is no limit."""
    found = limits.all_limits()
    if request.method == "GET":
        return _show(request, found)
    typed = [(one.role, request.POST.get(one.role.code, "")) for one in found if not one.is_fixed]
    try:
        limits.set_limits([(role, _with_point(text)) for role, text in typed], by=caller(request), at=clock.now())
    except Refusal as refusal:
        return _show(request, found, typed={role.code: text for role, text in typed}, refusal=refusal)
    toast(request, _("Saved."))
    return redirect("billing:discount_limits")


def _show(
    request: HttpRequest, found: list[Limited], *, typed: dict[str, str] | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    rows: list[dict[str, Any]] = [
        {
            "name": roles.name_of(one.role),
            "code": one.role.code,
            "is_fixed": one.is_fixed,
            "typed": (typed or {}).get(one.role.code, "" if one.percent is None else plain(one.percent)),
            "error": str(refusal) if refusal is not None and refusal.details["role"] == one.role.code else "",
        }
        for one in found
    ]
    status = 200 if refusal is None else refusal.status
    return render(request, "billing/discount_limits.html", {"rows": rows}, status=status)


def _with_point(text: str) -> str:
    return text.strip().replace(",", ".")
