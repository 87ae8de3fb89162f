"""The clinic's taxes on pages: from when, at which rate, on what."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.billing.models import Tax
from apps.billing.prices import taxes as rules
from apps.billing.prices.forms import NewRateForm, TaxForm
from apps.billing.views.shared import beside, caller, frame
from apps.core import clock
from apps.core.refusals import Refusal
from apps.core.toasts import toast


@requires("billing.change_catalogue")
@require_GET
def taxes(request: HttpRequest) -> HttpResponse:
    """Those that hold and those to come first, then what was."""
    found = list(Tax.objects.prefetch_related("scopes__service"))
    shown = frame()
    today = shown["today"]
    found.sort(key=lambda tax: tax.ends_on is not None and tax.ends_on < today)
    return render(request, "billing/taxes.html", {"taxes": found, "here": "taxes", **shown})


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def new_tax(request: HttpRequest) -> HttpResponse:
    form = TaxForm(request.POST or None, initial={"starts_on": frame()["today"]})
    return _write(request, form, None)


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def tax(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change what takes a tax or when it ends; before its first day everything."""
    found = get_object_or_404(Tax, pk=pk)
    return _write(request, TaxForm(request.POST or None, initial=TaxForm.of(found)), found)


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def tax_rate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another rate from a day on."""
    found = get_object_or_404(Tax, pk=pk)
    form = NewRateForm(request.POST or None)
    status = 200 if request.method == "GET" else 400
    if request.method == "POST" and form.is_valid():
        try:
            rules.change_rate(found, by=caller(request), at=clock.now(), **form.cleaned_data)
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            return _saved(request)
    return render(request, "billing/tax.html", {"tax": found, "form": form, "is_rate": True, **frame()}, status=status)


def _write(request: HttpRequest, form: TaxForm, found: Tax | None) -> HttpResponse:
    status = 200 if request.method == "GET" else 400
    if request.method == "POST" and form.is_valid():
        who: dict[str, Any] = {"by": caller(request), "at": clock.now()}
        try:
            if found is None:
                rules.add_tax(**who, **form.cleaned_data)
            else:
                rules.amend_tax(found, **who, **form.cleaned_data)
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            return _saved(request)
    return render(request, "billing/tax.html", {"tax": found, "form": form, **frame()}, status=status)


def _saved(request: HttpRequest) -> HttpResponse:
    toast(request, _("Saved."))
    return redirect("billing:taxes")
