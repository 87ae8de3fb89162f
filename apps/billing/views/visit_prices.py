"""What visits cost on a price list: types down; with everybody and with each provider across, both parts of a visit."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.billing.models import PriceList, VisitPrice
from apps.billing.prices.forms import PricesForm
from apps.billing.prices.visit_prices import set_visit_prices
from apps.billing.views.shared import as_typed, beside, caller, frame
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core import clock
from apps.core.money import AmountRefused, parse_amount
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling.models import AppointmentType

Part = VisitPrice.Part
Cell = tuple[AppointmentType, Provider | None, str]


@requires("billing.change_catalogue")
@require_http_methods(["GET", "POST"])
def visit_prices(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An empty place costs what it costs without the list. Saved all at once or not at all."""
    found = get_object_or_404(PriceList, pk=pk)
    today = frame()["today"]
    if request.method == "GET":
        return _show(request, found, PricesForm(initial={"starts_on": today}), day=today)
    form = PricesForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, day=today, status=400)
    day = form.cleaned_data["starts_on"]
    prices, wrong = _typed(request)
    if wrong:
        return _show(request, found, form, day=day, wrong=wrong, status=400)
    try:
        set_visit_prices(found, prices, starts_on=day, by=caller(request), at=clock.now())
    except Refusal as refusal:
        return _show(request, found, form, day=day, status=beside(form, refusal))
    toast(request, _("Saved."))
    return redirect("billing:visit_prices", pk=pk)


def _cells() -> list[tuple[AppointmentType, list[Cell]]]:
    providers = list(Provider.objects.filter(is_active=True))
    return [
        (kind, [(kind, who, part) for who in (None, *providers) for part in (Part.VISIT, Part.FACILITY)])
        for kind in AppointmentType.objects.active()
    ]


def _name(cell: Cell) -> str:
    kind, provider, part = cell
    return f"{part}-{kind.pk}-{provider.pk if provider else 'all'}"


def _typed(request: HttpRequest) -> tuple[list[tuple[AppointmentType, Provider | None, str, Decimal | None]], set[str]]:
    """What was typed, cell by cell (cells that were not sent are left alone), and which are no amounts."""
    clinic = profile.current()
    prices, wrong = [], set()
    for _kind, cells in _cells():
        for cell in cells:
            text = request.POST.get(_name(cell))
            if text is None:
                continue
            try:
                amount = parse_amount(text, clinic.currency_info, locale=clinic.locale) if text.strip() else None
                prices.append((*cell, amount))
            except AmountRefused:
                wrong.add(_name(cell))
    return prices, wrong


def _show(
    request: HttpRequest,
    found: PriceList,
    form: PricesForm,
    *,
    day: date,
    wrong: set[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = frame()
    clinic = shown["clinic"]
    rows_on = found.visit_prices.on(day)
    standing = {(price.appointment_type_id, price.provider_id, price.part): price.amount for price in rows_on}

    def drawn(cell: Cell) -> dict[str, Any]:
        kind, provider, part = cell
        amount = standing.get((kind.pk, provider.pk if provider else None, part))
        kept = "" if amount is None else as_typed(amount, clinic.currency, clinic.locale)
        name = _name(cell)
        typed = request.POST.get(name, kept) if form.is_bound else kept
        return {"name": name, "value": typed, "words": _words(cell), "wrong": name in (wrong or ())}

    rows = [
        {
            "type": kind,
            "places": [(drawn(visit), drawn(fee)) for visit, fee in zip(cells[::2], cells[1::2], strict=True)],
        }
        for kind, cells in _cells()
    ]
    coming = found.visit_prices.filter(starts_on__gt=day).select_related("appointment_type", "provider")
    context = {
        "list": found,
        "rows": rows,
        "providers": Provider.objects.filter(is_active=True),
        "form": form,
        "wrong": wrong,
        "coming": coming.order_by("starts_on", "appointment_type__name", "id"),
        **shown,
    }
    return render(request, "billing/visit_prices.html", context, status=status)


def _words(cell: Cell) -> str:
    """What a screen reader says of a place."""
    kind, provider, part = cell
    words = _("%(type)s, facility fee, %(provider)s") if part == Part.FACILITY else _("%(type)s, %(provider)s")
    return words % {"type": kind, "provider": provider or _("with everybody")}
