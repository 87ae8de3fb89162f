"""What a gateway holds for the clinic, and writing down what of it has reached the bank."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.audit.reads import record_reads
from apps.billing import figures
from apps.billing.gateways import settling
from apps.billing.gateways.settlement_forms import SettlementForm, key_of
from apps.billing.models import GatewaySettlement
from apps.billing.views.shared import beside, caller, frame
from apps.core import clock
from apps.core.money import ZERO
from apps.core.paging import stretch
from apps.core.refusals import Refusal
from apps.core.toasts import toast

MAY = "billing.settle_gateway"


@requires(MAY)
@require_http_methods(["GET", "POST"])
def settlements(request: HttpRequest) -> HttpResponse:
    """What is not settled yet, all of it ticked; below, what was."""
    held = settling.held()
    record_reads({row.payment.patient_id for row in held}, "billing list")
    form = SettlementForm(request.POST or None, held=held)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = settling.settle(**form.wanted(), by=caller(request), at=clock.now())
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("%(number)s is in the books.") % {"number": made.number})
                return redirect("billing:settlement", pk=made.pk)
    chosen = set(form.chosen)
    context = {
        "form": form,
        "held": [(key_of(row), row, key_of(row) in chosen) for row in held],
        "sum": sum((row.amount for row in held), ZERO),
        "is_cut": len(held) == settling.MOST_SHOWN,
        "clearing": figures.of_clearing(),
        "shown": stretch(GatewaySettlement.objects.all(), by=("at", "id"), cursor=request.GET.get("cursor", "")),
        **frame(),
    }
    return render(request, "billing/settlements.html", context, status=status)


@requires(MAY)
@require_GET
def settlement(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What reached the bank, what was kept, and for which payments and refunds."""
    found = get_object_or_404(GatewaySettlement.objects.select_related("by"), pk=pk)
    parts = list(found.parts.select_related("payment__patient", "refund__payment__patient").order_by("id"))
    record_reads({part.of_payment.patient_id for part in parts}, "billing list")
    context = {"settlement": found, "parts": parts, "explained": figures.of_settlement(found), **frame()}
    return render(request, "billing/settlement.html", context)
