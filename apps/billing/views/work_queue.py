"""The billing manager's home: what is to be issued, what is owed, what went wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.audit.reads import record_reads
from apps.billing.gateways import trouble
from apps.billing.models import GatewayEvent, GatewayRefund, Invoice, Payment, PaymentGateway
from apps.clinic import profile
from apps.core import clock
from apps.core.pages import page, written_id
from apps.patients import search

PAGE = 50


@dataclass(frozen=True)
class Tray:
    code: str
    words: Any
    count: int
    here: bool


@requires("billing.view_invoice")
@require_http_methods(["GET", "POST"])
def work_queue(request: HttpRequest) -> HttpResponse:
    """Drafts first; unpaid, failed payments and everything are one click away. The keyboard goes on ``?after=…``, a
    draft that has just been issued."""
    text = request.POST.get("q", "").strip()  # posted: a name has no business in an address
    here, after = request.GET.get("tray", ""), request.GET.get("after", "")
    if here not in {"drafts", "unpaid", "failed", "late", "back", "odd", "all"}:
        here = "all" if text else "drafts"
    rows, sums = _rows(here, text)
    found = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    clinic = profile.current()
    record_reads({_paper(row).patient_id for row in found}, "billing list")
    return page(
        request,
        "billing/work_queue.html",
        {
            "trays": _trays(here),
            "here": here,
            "rows": found,
            "q": text,
            "after": after,
            "goes_on": _next_draft(found.object_list, after) if here == "drafts" else None,
            "sum": sums,
            "clinic": clinic,
            "uses_gateway": PaymentGateway.objects.exists(),
            "today": clock.day_of(clock.now(), clinic.zone),
        },
        fragment="billing/_queue.html",
    )


def _rows(tray: str, text: str) -> tuple[QuerySet[Any], Any]:
    """The rows of a tray, and what they come to."""
    if tray == "failed":
        payments = Payment.objects.filter(captured_at=None).select_related("patient").order_by("-created_at")
        return (payments.filter(_about(text)) if text else payments), None
    if tray == "late":
        late = _came_late().select_related("patient").order_by("-created_at")
        return (late.filter(_about(text)) if text else late), None
    if tray == "back":
        wishes = GatewayRefund.objects.filter(done_at=None).select_related("payment__patient").order_by("-at")
        return (wishes.filter(payment__in=Payment.objects.filter(_about(text))) if text else wishes), None
    if tray == "odd":
        odd = trouble.open_troubles().select_related("link__payment__patient", "gateway_refund__payment__patient")
        about = Payment.objects.filter(_about(text)) if text else None
        return (odd if about is None else odd.filter(trouble.of_payments(about))), None
    invoices = Invoice.objects.with_people()
    if text:
        invoices = invoices.filter(_about(text))
    if tray == "drafts":
        drafts = invoices.drafts().order_by("created_at", "id")
        return drafts, drafts.aggregate(sum=Sum("total"))["sum"]
    if tray == "unpaid":
        unpaid = invoices.unpaid().oldest_first()
        return unpaid, unpaid.aggregate(sum=Sum("due"))["sum"]
    return invoices.order_by("-created_at", "-id"), None


def _next_draft(drafts: Iterable[Invoice], after: str) -> Invoice | None:
    """The draft below that one, or itself where it could not be issued; below the last one it begins anew."""
    issued = Invoice.objects.filter(pk=written_id(after)).first() if after else None
    if issued is None:
        return None
    place = (issued.created_at, issued.pk)
    return next((one for one in drafts if (one.created_at, one.pk) >= place), next(iter(drafts), None))


def _paper(row: Any) -> Any:
    """What of a row is a patient's: itself, or its payment."""
    if isinstance(row, GatewayEvent):
        return row.of_payment
    return row.payment if isinstance(row, GatewayRefund) else row


def _came_late() -> QuerySet[Payment]:
    """Money of links that had ended, until it is used or given back."""
    return Payment.objects.with_credit().filter(came_late__isnull=False)


def _about(text: str) -> Q:
    """Rows with this number, or of patients who fit it. A name is looked for through the sealed index."""
    patients = [patient.pk for patient in search.find(text, limit=50)]
    return Q(number__iexact=text) | Q(patient__in=patients)


def _trays(here: str) -> list[Tray]:
    counts = Invoice.objects.aggregate(
        drafts=Count("id", filter=Q(status="draft")), unpaid=Count("id", filter=Q(due__gt=0))
    )
    failed = Payment.objects.filter(captured_at=None).count()
    late = _came_late().count()
    odd = trouble.open_troubles().count()
    back = GatewayRefund.objects.filter(done_at=None).count()
    return [
        Tray("drafts", _("Drafts"), counts["drafts"], here == "drafts"),
        Tray("unpaid", _("Unpaid"), counts["unpaid"], here == "unpaid"),
        Tray("failed", _("On its way, failed"), failed, here == "failed"),
        *([Tray("late", _("Came late"), late, here == "late")] if late or here == "late" else []),
        *([Tray("back", _("Going back, failed"), back, here == "back")] if back or here == "back" else []),
        *([Tray("odd", _("Gateway disagrees"), odd, here == "odd")] if odd or here == "odd" else []),
        Tray("all", _("All"), 0, here == "all"),
    ]
