"""What visits cost with whom: a grid to type into, and one cell with its history. And letting a patient off a fee."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from apps.accounts.access import StaffRequest, requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, now
from apps.core.forms import beside
from apps.core.money import format_amount, format_money
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling import missed, own_fees
from apps.scheduling.forms.fees import FeeGridForm, ProviderFeeForm, WaiverForm, cell_name
from apps.scheduling.models import Appointment, AppointmentType, Fee


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.edit_appointment_type")
def fees(request: StaffRequest) -> HttpResponse:
    """Types down, providers across; an empty cell costs what the type costs. Saved all at once or not at all."""
    at, clinic = now(), profile.current()
    today = day_of(at, clinic.zone)
    providers = list(Provider.objects.filter(is_active=True))
    types = list(AppointmentType.objects.active())
    if request.method != "POST":
        form = FeeGridForm(initial={"effective_from": today})
        return _grid(request, form, providers, types)
    form = FeeGridForm(request.POST)
    if not form.is_valid():
        return _grid(request, form, providers, types, status=400)
    try:
        count = own_fees.set_fees(
            form.cells(providers, types), effective_from=form.cleaned_data["effective_from"], by=request.user, at=at
        )
    except Refusal as refusal:
        beside(form, refusal)
        wrong = (refusal.details.get("provider"), refusal.details.get("type"))
        return _grid(request, form, providers, types, wrong=wrong, status=refusal.status)
    words = ngettext("One fee is changed.", "%(n)s fees are changed.", count) if count else _("Nothing was changed.")
    toast(request, words % {"n": count} if count != 1 else words)
    return redirect("scheduling:fees")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.edit_appointment_type")
def provider_fee(request: StaffRequest, pk: UUID, type_pk: UUID) -> HttpResponse:
    """One provider's fee for one type: now, planned, and as it was."""
    provider, one = get_object_or_404(Provider, pk=pk), get_object_or_404(AppointmentType, pk=type_pk)
    at, clinic = now(), profile.current()
    today = day_of(at, clinic.zone)
    history = list(Fee.objects.filter(provider=provider, appointment_type=one).order_by("-effective_from"))
    standing = next((fee for fee in history if _holds(fee, today)), None)
    initial: dict[str, Any] = {"effective_from": today}
    if standing is not None:
        initial["rate"] = format_amount(standing.rate, clinic.currency_info, clinic.locale)
        if standing.facility_rate is not None:
            initial["facility_rate"] = format_amount(standing.facility_rate, clinic.currency_info, clinic.locale)
    form = ProviderFeeForm(request.POST if request.method == "POST" else None, initial=initial, today=today)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                _save_one(provider, one, form.cleaned_data, request, at)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("The fee of %(provider)s is saved.") % {"provider": provider})
                return redirect("scheduling:fees")
    context = {
        "form": form,
        "provider": provider,
        "type": one,
        "usual": format_money(one.rate, clinic.currency_info, clinic.locale),
        "history": [
            {
                "fee": fee,
                "rate": format_money(fee.rate, clinic.currency_info, clinic.locale),
                "facility": ""
                if fee.facility_rate is None
                else format_money(fee.facility_rate, clinic.currency_info, clinic.locale),
                "stands": fee is standing,
            }
            for fee in history
        ],
    }
    return render(request, "scheduling/provider_fee.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.waive_fee")
def waiver(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Let a patient off the fee of a cancellation or a no-show."""
    found = get_object_or_404(Appointment.objects.with_people(), pk=pk)
    record_read(found.patient_id, "appointment")
    form = WaiverForm(request.POST if request.method == "POST" else None)
    status = 400 if request.method == "POST" else 200
    if form.is_bound and form.is_valid():
        try:
            missed.waive(found, by=request.user, at=now(), reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            toast(request, _("The fee of %(number)s is waived.") % {"number": found.number})
            return redirect("scheduling:appointment", pk=pk)
    fee = missed.standing_fee(found)
    clinic = profile.current()
    amount = format_money(fee.amount, clinic.currency_info, clinic.locale) if fee else ""
    context = {"form": form, "appointment": found, "fee": fee, "amount": amount}
    return render(request, "scheduling/waiver.html", context, status=status)


def _save_one(provider: Provider, one: AppointmentType, typed: dict[str, Any], request: StaffRequest, at: Any) -> None:
    day = typed["effective_from"]
    if typed["rate"] or typed["facility_rate"]:
        rate = typed["rate"] or one.rate
        facility = typed["facility_rate"]
        own_fees.set_fee(provider, one, rate=rate, facility_rate=facility, effective_from=day, by=request.user, at=at)
    else:
        own_fees.end_fee(provider, one, effective_from=day, by=request.user, at=at)


def _grid(
    request: StaffRequest,
    form: FeeGridForm,
    providers: list[Provider],
    types: list[AppointmentType],
    *,
    wrong: tuple[Any, Any] = (None, None),
    status: int = 200,
) -> HttpResponse:
    clinic = profile.current()
    standing = own_fees.fees_on(day_of(now(), clinic.zone))

    def cell(provider: Provider, one: AppointmentType) -> dict[str, Any]:
        fee, name = standing.get((provider.pk, one.pk)), cell_name(provider, one)
        kept = format_amount(fee.rate, clinic.currency_info, clinic.locale) if fee else ""
        return {
            "name": name,
            "value": form.data.get(name, kept) if form.is_bound else kept,
            "provider": provider,
            "wrong": wrong == (str(provider.pk), str(one.pk)),
        }

    rows = [
        {
            "type": one,
            "usual": format_amount(one.rate, clinic.currency_info, clinic.locale),
            "facility": format_amount(one.facility_rate, clinic.currency_info, clinic.locale)
            if one.facility_rate
            else "",
            "cells": [cell(provider, one) for provider in providers],
        }
        for one in types
    ]
    context = {"form": form, "providers": providers, "rows": rows, "clinic": clinic}
    return render(request, "scheduling/fees.html", context, status=status)


def _holds(fee: Fee, day: Any) -> bool:
    return fee.effective_from <= day and (fee.effective_until is None or day <= fee.effective_until)
