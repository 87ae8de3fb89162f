"""Blocked time: meetings, cleaning, maintenance."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import StaffRequest, requires
from apps.clinic.views.saving import done
from apps.core.clock import now
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling.calendars import blocking
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.forms.resources import BlockForm
from apps.scheduling.models import Appointment, Block
from apps.scheduling.views.showing import asked_day, on_the_wall

LIST = "scheduling:blocks"
SHOWN = 200


@require_http_methods(["GET", "POST"])
@requires("scheduling.block_time")
def blocks(request: StaffRequest) -> HttpResponse:
    """What is blocked from now on, and a form for more. ?what=, ?day= fill it."""
    if request.method != "POST":
        initial = {"what": request.GET.get("what"), "first_day": asked_day(request)}
        return _page(request, BlockForm(initial=initial))
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    span = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "reason", "keep_appointments")}
    try:
        made = blocking.block(form.whose, by=request.user, at=now(), **span)
    except Refusal as refusal:
        asks = isinstance(refusal, AppointmentsInTheWay)
        name = "keep_appointments" if asks else refusal.field
        form.add_error(name if name in form.fields else None, str(refusal))
        return _page(request, form, there=getattr(refusal, "appointments", ()), status=refusal.status)
    toast(request, _("Blocked: %(what)s.") % {"what": made})
    return redirect(LIST)


@require_POST
@requires("scheduling.block_time")
def lift_block(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Let the time be booked again."""
    rule = partial(blocking.lift, get_object_or_404(Block, pk=pk), by=request.user, at=now())
    return done(request, rule, _("Free again: %(what)s."), then=LIST)


def _page(
    request: StaffRequest, form: BlockForm, *, there: "list[Appointment] | tuple[()]" = (), status: int = 200
) -> HttpResponse:
    coming = Block.objects.filter(lifted_at=None, ends_at__gte=now()).select_related(
        "provider", "resource", "entered_by"
    )
    rows = [(one, on_the_wall(one.starts_at), on_the_wall(one.ends_at)) for one in coming[:SHOWN]]
    context = {"form": form, "rows": rows, "there": [(one, on_the_wall(one.starts_at)) for one in there]}
    return render(request, "scheduling/blocks.html", context, status=status)
