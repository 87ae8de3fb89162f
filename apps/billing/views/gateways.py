"""Payment links on the pages, and where the gateway tells us what became of them."""

from uuid import UUID

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import open_to_all, requires
from apps.billing.gateways import hearing, links, which
from apps.billing.gateways.forms import GatewayForm, LinkForm
from apps.billing.models import GatewayEvent, PaymentGateway
from apps.billing.views.invoices import show
from apps.billing.views.shared import beside, caller, fetch_invoice, frame
from apps.core import clock
from apps.core.connection import connection
from apps.core.refusals import Refusal
from apps.core.toasts import toast

LIMIT = "gateway_event"
LARGEST_MESSAGE = 64 * 1024
STATUS = {GatewayEvent.Outcome.MISMATCH: 422, GatewayEvent.Outcome.CONTRARY: 409}  # all others: 200


@requires("billing.receive_payment")
@require_POST
def ask_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a link made for what is owed on an invoice."""
    invoice = fetch_invoice(pk)
    form = LinkForm(request.POST)
    status = 400
    if form.is_valid():
        typed = form.cleaned_data
        try:
            link = links.ask(
                invoice,
                amount=typed["amount"],
                days=typed["days"],
                source_reference=f"page:{typed['ticket']}",
                by=caller(request),
                at=clock.now(),
            )
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            toast(request, _("The link is being made."))
            return redirect("billing:payment", pk=link.payment_id)
    return show(request, invoice, status=status, link_form=form)


@requires("billing.set_gateway")
@require_http_methods(["GET", "POST"])
def gateway(request: HttpRequest) -> HttpResponse:
    """The clinic's account at the gateway."""
    held = PaymentGateway.objects.first()
    initial = {"merchant": held.merchant, "is_active": held.is_active} if held else None
    form = GatewayForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                which.set_up(**form.cleaned_data, by=caller(request), at=clock.now())
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Saved."))
                return redirect("billing:gateway")
    context = {
        "form": form,
        "held": held,
        "is_offered": which.is_offered(),
        "address": request.build_absolute_uri(reverse("billing:gateway_event")),
        **frame(),
    }
    return render(request, "billing/gateway.html", context, status=status)


@csrf_exempt  # no browser comes here: the gateway signs what it sends
@open_to_all
@require_POST
def gateway_event(request: HttpRequest) -> HttpResponse:
    """The gateway says what became of a link. Believed only with its signature, and once."""
    if not ratelimit.consume(request, action=LIMIT):
        return _answer("too_many", 429)
    held = which.heard_from()
    if held is None:
        return _answer("no_gateway", 404)
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_MESSAGE:
        return _answer("too_large", 413)
    spoken = which.gateway_of(held)
    try:
        spoken.verify(request.body, request.headers, at=clock.now())
        event = spoken.parse_event(request.body)
        connection.act_as(f"gateway:{held.code}")
        heard = hearing.hear(held, event, at=clock.now())
    except Refusal as refusal:
        return _answer(refusal.code, refusal.status, words=str(refusal))
    return _answer(heard.outcome, STATUS.get(GatewayEvent.Outcome(heard.outcome), 200))


def _answer(outcome: str, status: int, **more: str) -> HttpResponse:
    return JsonResponse({"outcome": outcome, **more}, status=status)
