"""Taking money, giving it back, and the page of one payment."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.models import User
from apps.audit.reads import record_read
from apps.billing import figures, statements
from apps.billing.explaining import payment_in_words
from apps.billing.forms import FailureForm, PaymentForm, RefundForm
from apps.billing.gateways import links, returns, trouble
from apps.billing.gateways.forms import SeenToForm
from apps.billing.models import GatewayEvent, GatewayRefund, Invoice, Payment, PaymentLink, PaymentMethod
from apps.billing.paying import payments, refunds
from apps.billing.views.invoices import show
from apps.billing.views.shared import as_typed, beside, caller, fetch_invoice, frame
from apps.clinic import profile
from apps.core import clock
from apps.core.money import format_money
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.models import Patient


@requires("billing.receive_payment")
@require_POST
def pay_invoice(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take money for one invoice, in one way or two."""
    invoice = fetch_invoice(pk)
    form = PaymentForm(request.POST)
    taken, status = _take(request, form, invoice.patient, [invoice])
    if taken:
        return redirect("billing:invoice", pk=pk)
    return show(request, fetch_invoice(pk), status=status, payment_form=form)


@requires("billing.receive_payment")
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """Take money from a patient for whatever they owe, the oldest invoice first; more than that is a deposit."""
    patient = get_object_or_404(Patient, pk=patient_pk)
    clinic = profile.current()
    balance = statements.balance_of(patient)
    form = PaymentForm(
        request.POST or None,
        initial={"amount": as_typed(balance.owed, clinic.currency, clinic.locale) if balance.owed else ""},
    )
    status = 200
    if request.method == "POST":
        taken, status = _take(request, form, patient, None)
        if taken:
            return redirect("billing:payment", pk=taken[-1].pk)
    else:
        form.fields["amount"].widget.attrs["autofocus"] = True  # Enter takes what is owed
    owed = _open(patient)
    context = {
        "patient": patient,
        "form": form,
        "balance": balance,
        "open": owed,
        "is_deposit": not owed,  # said on the page: no further consent is asked for
        **frame(),
    }
    return render(request, "billing/pay.html", context, status=status)


@requires("billing.receive_payment")
@require_GET
def change(request: HttpRequest) -> HttpResponse:
    """What goes back of the cash that was given, while it is typed: a few words for the form, or none."""
    form = PaymentForm(request.GET)
    form.full_clean()
    typed = form.cleaned_data
    words = ""
    if typed.get("amount") and typed.get("tendered") and typed.get("method") == PaymentMethod.CASH:
        try:
            back = payments.read_tendered(typed["tendered"], typed["amount"], PaymentMethod.CASH) - typed["amount"]
        except Refusal as refusal:
            words = str(refusal)
        else:
            clinic = profile.current()
            words = _("Change: %(change)s") % {"change": format_money(back, clinic.currency_info, clinic.locale)}
    return HttpResponse(escape(words))


@requires("billing.view_invoice")
@require_GET
def payment(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _show(request, _fetch_payment(pk))


@requires("billing.receive_payment")
@require_POST
def capture(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was on its way has come."""
    try:
        taken = payments.capture(_fetch_payment(pk), by=caller(request), at=clock.now())
    except Refusal as refusal:
        toast(request, str(refusal), level=40)
    else:
        _say_received(request, [taken])
    return redirect("billing:payment", pk=pk)


@requires("billing.receive_payment")
@require_POST
def failure(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was on its way will not come."""
    found = _fetch_payment(pk)
    form = FailureForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            links.give_up(found, reason=form.cleaned_data["reason"], by=caller(request), at=clock.now())
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            return redirect("billing:payment", pk=pk)
    return _show(request, found, status=status, failure_form=form)


@requires("billing.refund_payment")
@require_http_methods(["GET", "POST"])
def refund(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _fetch_payment(pk)
    clinic = profile.current()
    left = as_typed(found.refundable, found.currency, clinic.locale)
    form = RefundForm(
        request.POST or None,
        through_gateway=returns.link_of(found) is not None,
        initial={"amount": left, "method": found.method},
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                words = _give_back(found, form.cleaned_data, by=caller(request))
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, words)
                return redirect("billing:payment", pk=pk)
    context = {"payment": found, "form": form, "uses": statements.uses_of(found), **frame()}
    return render(request, "billing/refund.html", context, status=status)


@requires("billing.refund_payment")
@require_POST
def send_refund(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Tell the gateway again what it could not be told."""
    wish = get_object_or_404(GatewayRefund, pk=pk)
    try:
        returns.ask_again(wish, by=caller(request), at=clock.now())
    except Refusal as refusal:
        toast(request, str(refusal), level=40)
    else:
        toast(request, _("The gateway is asked again."))
    return redirect("billing:payment", pk=wish.payment_id)


@requires("billing.settle_gateway")
@require_POST
def see_to(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write down what was done about something that the gateway said."""
    event = get_object_or_404(trouble.troubles().select_related("link__payment", "gateway_refund__payment"), pk=pk)
    found = _fetch_payment(event.of_payment.pk)
    form = SeenToForm(request.POST, auto_id=f"seen_{event.pk}_%s")
    status = 400
    if form.is_valid():
        try:
            trouble.see_to(event, note=form.cleaned_data["note"], by=caller(request), at=clock.now())
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            return redirect("billing:payment", pk=found.pk)
    return _show(request, found, status=status, seen_form=form, seen_event=event)


def _give_back(payment: Payment, typed: dict[str, Any], *, by: User) -> str:
    """Give it back, or ask the gateway to; how that is told."""
    said: dict[str, Any] = {name: typed[name] for name in ("amount", "reason")}
    said |= {"source_reference": f"page:{typed['ticket']}", "by": by, "at": clock.now()}
    if typed["method"] == PaymentMethod.LINK:
        returns.ask(payment, **said)
        return _("The gateway is asked to give it back. It is in the books when it has.")
    given = refunds.refund(payment, method=typed["method"], **said)
    return _("%(number)s is given back.") % {"number": given.number}


def _show(request: HttpRequest, found: Payment, *, status: int = 200, **forms_shown: Any) -> HttpResponse:
    record_read(found.patient_id, "payment")
    refunded = list(found.refunds.select_related("by"))
    by_link = found.method == PaymentMethod.LINK
    link = PaymentLink.objects.select_related("ending").filter(payment=found).first() if by_link else None
    context = {
        "payment": found,
        "link": link,
        "heard": _heard(found, forms_shown) if by_link else (),
        "is_being_ended": link is not None and links.is_being_ended(link, at=clock.now()),
        "came_late": GatewayEvent.objects.select_related("link__payment").filter(payment=found).first()
        if by_link
        else None,
        "received_by": statements.received_by([found]).get(found.pk, found.created_by),
        "uses": statements.uses_of(found),
        "moves": found.allocations.select_related("invoice", "by").order_by("at", "id"),
        "refunds": refunded,
        "wishes": found.gateway_refunds.select_related("by").order_by("at", "id") if by_link else (),
        "explained": figures.of_payment(found, [refund.pk for refund in refunded]) if found.captured_at else {},
        "steps": payment_in_words(found, locale=profile.current().locale) if found.captured_at else [],
        "failure_form": FailureForm(),
        **statements.corrections_of(found),
        **frame(),
        **forms_shown,
    }
    return render(request, "billing/payment.html", context, status=status)


def _heard(found: Payment, forms_shown: dict[str, Any]) -> list[tuple[GatewayEvent, SeenToForm | None]]:
    """What the gateway said, and where nobody has seen to it yet a form to do so: a refused one as it was typed."""
    open_ones = set(trouble.open_troubles().filter(trouble.of_payments([found])).values_list("pk", flat=True))
    typed = {forms_shown["seen_event"].pk: forms_shown["seen_form"]} if "seen_event" in forms_shown else {}
    return [
        (event, typed.get(event.pk) or SeenToForm(auto_id=f"seen_{event.pk}_%s") if event.pk in open_ones else None)
        for event in trouble.about(found)
    ]


def _take(
    request: HttpRequest, form: PaymentForm, patient: Patient, invoices: list[Invoice] | None
) -> tuple[list[Payment], int]:
    """The payments that were taken, or none and the status of the refusal that now stands in the form."""
    if not form.is_valid():
        return [], 400
    typed = form.cleaned_data
    if typed["on_its_way"]:
        return _expect(request, form, patient, invoices)
    tenders = form.tenders()
    try:
        taken = payments.receive_split(
            patient,
            tenders,
            invoices=invoices,
            credit_consent=typed["credit_consent"],
            source_reference=f"page:{typed['ticket']}",
            by=caller(request),
            at=clock.now(),
        )
    except Refusal as refusal:
        return [], beside(form, refusal)
    _say_received(request, taken)
    return taken, 200


def _expect(
    request: HttpRequest, form: PaymentForm, patient: Patient, invoices: list[Invoice] | None
) -> tuple[list[Payment], int]:
    typed = form.cleaned_data
    try:
        noted = payments.expect(
            patient,
            method=typed["method"],
            amount=typed["amount"],
            reference=typed["reference"],
            invoice=invoices[0] if invoices else None,
            source_reference=f"page:{typed['ticket']}",
            by=caller(request),
            at=clock.now(),
        )
    except Refusal as refusal:
        return [], beside(form, refusal)
    toast(request, _("Noted. It is in the books when it comes."))
    return [noted], 200


def _say_received(request: HttpRequest, taken: list[Payment]) -> None:
    change = sum((payment.change for payment in taken), Decimal(0))
    receipt = reverse("billing:receipt", args=[taken[0].pk]), _("Receipt")
    if change:
        clinic = profile.current()
        words = _("Give %(change)s change. The receipt is ready: %(number)s.")
        sum_ = format_money(change, clinic.currency_info, clinic.locale)
        toast(request, words % {"change": sum_, "number": taken[0].number}, paper=receipt, stays=True)
    else:
        toast(request, _("Received. The receipt is ready: %(number)s.") % {"number": taken[0].number}, paper=receipt)


def _open(patient: Patient) -> list[Invoice]:
    return list(Invoice.objects.unpaid().for_patient(patient).oldest_first())


def _fetch_payment(pk: UUID) -> Payment:
    return get_object_or_404(
        Payment.objects.select_related("patient", "created_by", "meant_for", "drawer_session"), pk=pk
    )
