"""The waiting room: queues by provider, calling, and the part of it that a provider's day holds."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.forms import beside
from apps.core.pages import wants_fragment, way_back
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling.arrival import waiting_room as rules
from apps.scheduling.arrival.queues import Queue, queues
from apps.scheduling.forms.waiting_room import MoveQueueForm, PriorityForm, SkipForm
from apps.scheduling.models import Priority, QueueTicket
from apps.scheduling.views.appointments import told_of
from apps.scheduling.views.showing import is_panel, on_the_wall, signed_in

ERROR = 40


@require_GET
@requires("scheduling.view_appointment")
@transaction.non_atomic_requests  # reads only
def waiting_room(request: HttpRequest) -> HttpResponse:
    """Who waits for whom. ?provider= (several); the person's own queue comes first."""
    providers = _providers(request)
    shown = queues(providers, at=now(), reader=signed_in(request))
    _note_reads(shown)
    busy = [queue for queue in shown if not queue.is_empty]
    context = {
        "queues": shown if len(providers) < 4 else busy + [queue for queue in shown if queue.is_empty],
        "all": Provider.objects.filter(is_active=True),
        "chosen": set(request.GET.getlist("provider")),
        "waiting": sum(len(queue.waiting) for queue in shown),
        **_about(request),
    }
    return render(request, "scheduling/waiting_room.html", context)


@require_GET
@requires("scheduling.view_appointment")
@transaction.non_atomic_requests
def queue_changes(request: HttpRequest) -> HttpResponse:
    """The cards that changed since they were drawn. Asked every three seconds; usually: nothing."""
    seen = dict(_marks(request.headers.get("X-Queue-Marks", "")))
    if not seen:
        return HttpResponse(status=204)
    providers = Provider.objects.filter(pk__in=seen).select_related("room")
    changed = [
        queue
        for queue in queues(list(providers), at=now(), reader=signed_in(request))
        if seen[queue.provider.pk] != queue.mark
    ]
    if not changed:
        return HttpResponse(status=204)
    return _cards(request, changed)


@require_GET
@requires("scheduling.run_visit")
@transaction.non_atomic_requests
def my_queue(request: HttpRequest) -> HttpResponse:
    """The waiting room of whoever is signed in, for their day: who comes next, one key to call them in."""
    provider = Provider.objects.filter(user=signed_in(request)).select_related("room").first()
    if provider is None:
        return HttpResponse()
    [mine] = queues([provider], at=now(), reader=signed_in(request))
    if request.headers.get("X-Queue-Mark") == mine.mark:
        return HttpResponse(status=204)
    _note_reads([mine])
    return render(request, "scheduling/_my_queue.html", {"queue": mine, **_about(request)})


@require_POST
@requires("scheduling.run_waiting_room")
def next_call(request: HttpRequest, provider_pk: UUID) -> HttpResponse:
    """Call whoever is first. `expecting` is the ticket that stood on top; `begin` starts the visit at once."""
    provider = get_object_or_404(Provider.objects.select_related("room"), pk=provider_pk)
    expecting = _uuid_or_none(request.POST.get("expecting", ""))
    by, at = signed_in(request), now()
    try:
        if request.POST.get("begin"):
            visit = rules.call_in(provider, by=by, at=at, expecting=expecting)
            toast(request, _("In session: %(when)s, %(number)s.") % told_of(visit))
        else:
            ticket = rules.call_next(provider, by=by, at=at, expecting=expecting)
            toast(request, _("%(token)s is called.") % {"token": ticket.token})
    except Refusal as refusal:
        toast(request, str(refusal), level=ERROR)
        return _answer(request, {provider.pk}, status=refusal.status)
    return _answer(request, {provider.pk})


@require_POST
@requires("scheduling.run_waiting_room")
def call(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call this one, out of turn or again."""
    return _act(request, pk, rules.call, _("%(token)s is called."))


@require_POST
@requires("scheduling.run_waiting_room")
def skip(request: HttpRequest, pk: UUID) -> HttpResponse:
    """They did not answer: set them aside."""
    form = SkipForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    return _act(request, pk, rules.skip, _("%(token)s is set aside."), reason=reason)


@require_POST
@requires("scheduling.run_waiting_room")
def put_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """They are here after all."""
    return _act(request, pk, rules.put_back, _("%(token)s is back in the queue."))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.run_waiting_room")
def ticket(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One token: what was done with it, its priority, another provider."""
    return _ticket_page(request, _fetched(pk))


@require_POST
@requires("scheduling.run_waiting_room")
def priority(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Earlier or later than their turn, with a reason."""
    found = _fetched(pk)
    form = PriorityForm(request.POST)
    status = 400
    if form.is_valid():
        typed = form.cleaned_data
        try:
            rules.reprioritise(
                found, priority=typed["priority"], reason=typed["reason"], by=signed_in(request), at=now()
            )
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            words = {"token": found.token, "priority": Priority(typed["priority"]).label}
            toast(request, _("%(token)s: %(priority)s.") % words)
            return _answer(request, {found.appointment.provider_id})
    return _ticket_page(request, found, status=status, priority_form=form)


@require_POST
@requires("scheduling.run_waiting_room")
@requires("scheduling.book_appointment")
def move_queue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """To another provider: into their first free time today."""
    found = _fetched(pk)
    form = MoveQueueForm(request.POST, ticket=found)
    status = 400
    if form.is_valid():
        typed = form.cleaned_data
        try:
            rules.move(found, typed["provider"], reason=typed["reason"], by=signed_in(request), at=now())
        except Refusal as refusal:
            status = beside(form, refusal)
        else:
            toast(request, _("%(token)s waits for %(who)s.") % {"token": found.token, "who": typed["provider"]})
            return _answer(request, {found.appointment.provider_id, typed["provider"].pk})
    return _ticket_page(request, found, status=status, move_form=form)


def _act(request: HttpRequest, pk: UUID, rule: Callable[..., QueueTicket], words: str, **more: Any) -> HttpResponse:
    found = _fetched(pk)
    places = {found.appointment.provider_id}
    try:
        done = rule(found, by=signed_in(request), at=now(), **more)
    except Refusal as refusal:
        toast(request, str(refusal), level=ERROR)
        return _answer(request, places, status=refusal.status)
    toast(request, words % {"token": done.token})
    return _answer(request, places)


def _answer(request: HttpRequest, provider_ids: set[UUID], *, status: int = 200) -> HttpResponse:
    """The cards that were touched, or back to where the button was."""
    if not wants_fragment(request):
        otherwise = reverse("scheduling:waiting_room")
        if status != 200:
            return HttpResponseRedirect(way_back(request, otherwise), status=302)
        return HttpResponseRedirect(way_back(request, otherwise))
    if request.headers.get("X-Waiting-Room") is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    providers = Provider.objects.filter(pk__in=provider_ids).select_related("room")
    fresh = queues(list(providers), at=now(), reader=signed_in(request))
    return _cards(request, fresh, status=status)


def _cards(request: HttpRequest, changed: Sequence[Queue], *, status: int = 200) -> HttpResponse:
    _note_reads(changed)
    context = {"queues": changed, "beside": True, **_about(request)}
    return render(request, "scheduling/_queues.html", context, status=status)


def _ticket_page(request: HttpRequest, found: QueueTicket, *, status: int = 200, **forms: Any) -> HttpResponse:
    record_read(found.appointment.patient_id, "queue")
    entries = found.entries.select_related("by", "room", "from_provider", "to_provider").order_by("-at", "-id")
    context = {
        "ticket": found,
        "appointment": found.appointment,
        "entries": [(entry, on_the_wall(entry.at)) for entry in entries],
        "issued": on_the_wall(found.issued_at),
        "priority_form": PriorityForm(initial={"priority": found.priority}),
        "move_form": MoveQueueForm(ticket=found),
        **_about(request),
        **forms,
    }
    template = "scheduling/ticket.html"
    if is_panel(request):
        return render(request, f"{template}#panel", {**context, "in_panel": True}, status=status)
    return render(request, template, context, status=status)


def _about(request: HttpRequest) -> dict[str, Any]:
    user = signed_in(request)
    return {
        "named": user.has_perm("patients.view_patient"),
        "may_call": user.has_perm("scheduling.run_waiting_room"),
        "own": user.pk,
    }


def _providers(request: HttpRequest) -> list[Provider]:
    rows = list(Provider.objects.filter(is_active=True).select_related("room"))
    wanted = set(request.GET.getlist("provider"))
    chosen = [one for one in rows if str(one.pk) in wanted] or rows
    return sorted(chosen, key=lambda one: one.user_id != request.user.pk)


def _note_reads(shown: Sequence[Queue]) -> None:
    seen = {
        place.ticket.appointment.patient_id
        for queue in shown
        for line in (queue.with_provider, queue.called, queue.waiting, queue.aside)
        for place in line
    }
    record_reads(seen, "waiting_room")


def _fetched(pk: UUID) -> QueueTicket:
    return get_object_or_404(QueueTicket.objects.with_people(), pk=pk)


def _marks(told: str) -> list[tuple[UUID, str]]:
    """The open cards and their marks: "<provider>:<mark> …"."""
    found = []
    for part in told.split()[:200]:
        provider_id, _colon, mark = part.partition(":")
        if (key := _uuid_or_none(provider_id)) is not None:
            found.append((key, mark))
    return found


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
