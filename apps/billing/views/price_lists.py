"""Price lists on pages: their names, their prices from a day on, and who is charged by which."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.billing.models import PriceList, Service
from apps.billing.prices import price_lists as rules
from apps.billing.prices import repricing
from apps.billing.prices.forms import ChooseListForm, PriceListForm, PricesForm
from apps.billing.views.shared import as_typed, beside, caller, fetch_invoice, frame
from apps.core import clock
from apps.core.money import AmountRefused, parse_amount
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.models import Patient


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def price_lists(request: HttpRequest) -> HttpResponse:
    """All lists; a new one is added below them."""
    form = PriceListForm(request.POST or None)
    status = 200 if request.method == "GET" else 400
    if request.method == "POST" and form.is_valid():
        try:
            made = rules.add_price_list(name=form.cleaned_data["name"], by=caller(request), at=clock.now())
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            return redirect("billing:price_list", pk=made.pk)
    shown = {"lists": PriceList.objects.all(), "form": form, "here": "price_lists", **frame()}
    return render(request, "billing/price_lists.html", shown, status=status)


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def price_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What each service costs on this list: an empty place costs what the service costs."""
    found = get_object_or_404(PriceList, pk=pk)
    today = frame()["today"]
    form = PricesForm(request.POST or None, initial={"starts_on": today})
    if request.method == "GET":
        return _show(request, found, PricesForm(initial={"starts_on": today}), day=today)
    if not form.is_valid():
        return _show(request, found, form, day=today, status=400)
    day = form.cleaned_data["starts_on"]
    wrong: dict[UUID, str] = {}
    prices: list[tuple[Service, Any]] = []
    clinic = frame()["clinic"]
    for service in Service.objects.filter(is_active=True):
        text = request.POST.get(f"price_{service.pk}", "").strip()
        try:
            prices.append((service, parse_amount(text, clinic.currency_info, locale=clinic.locale) if text else None))
        except AmountRefused as refusal:
            wrong[service.pk] = str(refusal)
    if wrong:
        return _show(request, found, form, day=day, wrong=wrong, status=400)
    try:
        rules.set_prices(found, prices, starts_on=day, by=caller(request), at=clock.now())
    except Refusal as refusal:
        return _show(request, found, form, day=day, status=beside(form, refusal))
    toast(request, _("Saved."))
    return redirect("billing:price_list", pk=pk)


@requires("billing.change_catalogue")
@require_POST
def amend_price_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its name, and whether it is in use."""
    found = get_object_or_404(PriceList, pk=pk)
    form = PriceListForm(request.POST)
    today = frame()["today"]
    shown = PricesForm(initial={"starts_on": today})
    if not form.is_valid():
        return _show(request, found, shown, day=today, name_form=form, status=400)
    try:
        rules.amend_price_list(found, by=caller(request), at=clock.now(), **form.cleaned_data)
    except Refusal as refusal:
        return _show(request, found, shown, day=today, name_form=form, status=beside(form, refusal))
    toast(request, _("Saved."))
    return redirect("billing:price_list", pk=pk)


@requires("billing.choose_price_list")
@require_POST
def patient_price_list(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """The patient's services are charged by this list from now on."""
    patient = get_object_or_404(Patient, pk=patient_pk)
    form = ChooseListForm(request.POST)
    if form.is_valid():
        rules.give_list(patient, form.cleaned_data["price_list"], by=caller(request), at=clock.now())
        toast(request, _("Saved."))
    return redirect("billing:account", patient_pk=patient_pk)


@requires("billing.choose_price_list")
@require_POST
def invoice_price_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The draft is charged by this list: its lines are priced anew."""
    found = fetch_invoice(pk)
    form = ChooseListForm(request.POST)
    try:
        if form.is_valid():
            repricing.choose_list(found, form.cleaned_data["price_list"], by=caller(request), at=clock.now())
            toast(request, _("The lines are priced anew."))
    except Refusal as refusal:
        toast(request, str(refusal), level=40)
    return redirect("billing:invoice", pk=pk)


def _show(
    request: HttpRequest,
    found: PriceList,
    form: PricesForm,
    *,
    day: date,
    wrong: dict[UUID, str] | None = None,
    name_form: PriceListForm | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = frame()
    clinic = shown["clinic"]
    standing = {price.service_id: price for price in found.prices.on(day)}
    coming = found.prices.filter(starts_on__gt=day).select_related("service").order_by("starts_on", "service__name")
    rows = []
    for service in Service.objects.filter(is_active=True):
        price = standing.get(service.pk)
        typed = "" if price is None else as_typed(price.amount, clinic.currency, clinic.locale)
        typed = request.POST.get(f"price_{service.pk}", typed) if form.is_bound else typed
        rows.append({"service": service, "typed": typed, "error": (wrong or {}).get(service.pk, "")})
    name_form = name_form or PriceListForm(initial={"name": found.name, "is_active": found.is_active})
    context = {"list": found, "rows": rows, "form": form, "name_form": name_form, "coming": coming, **shown}
    return render(request, "billing/price_list.html", context, status=status)
