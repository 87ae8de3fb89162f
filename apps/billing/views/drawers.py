"""My drawer, for whoever takes money; all drawers, for whoever looks after them."""

from collections.abc import Callable
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import requires
from apps.billing.documents.drawer_paper import drawer_pdf
from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.belonging import open_of
from apps.billing.drawers.counting import CountedMeanwhile
from apps.billing.drawers.forms import (
    ClosingForm,
    CountForm,
    DrawerForm,
    MovementForm,
    OpeningForm,
    PiecesForm,
    RecountForm,
)
from apps.billing.models import Drawer, DrawerCount, DrawerSession, PaymentMethod
from apps.billing.views.shared import beside, caller, frame
from apps.core import clock
from apps.core.paging import stretch
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.core.typesetting import pdf_answer

MINE, ALL = "billing.use_drawer", "billing.manage_drawers"
ADD_UP = "add_up"  # the button of those whose browser does not do so while they type


@requires(MINE)
@require_GET
def my_drawer(request: HttpRequest) -> HttpResponse:
    """The drawer that I have; otherwise what is handed over to me, and a form to open one."""
    held = open_of(caller(request))
    if held is not None:
        return redirect("billing:drawer_session", pk=held.pk)
    return _mine(request, OpeningForm())


@requires(MINE)
@require_POST
def open_drawer(request: HttpRequest) -> HttpResponse:
    form = OpeningForm(request.POST)
    if ADD_UP in request.POST:
        return _mine(request, form)

    def begin() -> DrawerSession:
        return sessions.open_session(
            form.cleaned_data["drawer"], pieces=form.pieces(), by=caller(request), at=clock.now()
        )

    opened, status = _done(form, begin)
    if opened is None:
        return _mine(request, form, status=status)
    toast(request, _("%(number)s is open.") % {"number": opened.number})
    return redirect("billing:drawer_session", pk=opened.pk)


@requires(MINE, ALL)
@require_GET
def drawer_session(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _show(request, _fetch(request, pk))


@requires(MINE, ALL)
@require_POST
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cash goes into the drawer or out of it."""
    found, form = _fetch(request, pk), MovementForm(request.POST)

    def write() -> Any:
        typed = form.cleaned_data
        said = {name: typed[name] for name in ("kind", "amount", "reason")}
        ticket = f"page:{typed['ticket']}"
        return sessions.move(found, **said, source_reference=ticket, by=caller(request), at=clock.now())

    moved, status = _done(form, write)
    if moved is None:
        return _show(request, found, status=status, movement_form=form)
    return redirect("billing:drawer_session", pk=pk)


@requires(MINE, ALL)
@require_http_methods(["GET", "POST"])
def count(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand in what lies in the drawer. What should lie there is not known to this page."""
    found = _fetch(request, pk)
    if found.status != DrawerSession.Status.OPEN and request.method == "GET":
        return redirect("billing:drawer_session", pk=pk)
    form = CountForm(request.POST or None)
    return _count(
        request, found, form, lambda: counting.count(found, form.counted(), by=caller(request), at=clock.now())
    )


@requires(MINE, ALL)
@require_http_methods(["GET", "POST"])
def recount(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Count once more what is not locked yet. What was counted before stays to be seen, but not on this page."""
    found = _fetch(request, pk)
    if found.status != DrawerSession.Status.COUNTED and request.method == "GET":
        return redirect("billing:drawer_session", pk=pk)
    last = found.counts.aggregate(turn=Max("turn"))["turn"]
    form = RecountForm(request.POST or None, initial={"after": last})

    def again() -> DrawerSession:
        after = form.cleaned_data["after"]
        try:
            return counting.recount(found, form.counted(), after=after, by=caller(request), at=clock.now())
        except CountedMeanwhile as refusal:  # sent twice, perhaps
            toast(request, str(refusal), level=40)
            return found

    return _count(request, found, form, again)


@requires(MINE, ALL)
@require_GET
def total(request: HttpRequest) -> HttpResponse:
    """What the notes and coins come to, while they are typed: the words for the form, or none."""
    return render(request, "billing/_pieces_total.html", {"form": PiecesForm(request.GET)})


@requires(MINE, ALL)
@require_POST
def lock(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close it for ever, or hand it over to the person who was chosen."""
    found = _fetch(request, pk)
    form = ClosingForm(found, request.POST)

    def close() -> DrawerSession:
        said: dict[str, Any] = {"reasons": form.reasons(), "by": caller(request), "at": clock.now()}
        if to := form.cleaned_data["handed_to"]:
            return sessions.hand_over(found, to=to, **said)
        return sessions.lock(found, **said)

    closed, status = _done(form, close)
    if closed is None:
        return _show(request, found, status=status, closing_form=form)
    if closed.locked_at is None:
        toast(request, _("Waiting for %(name)s to accept.") % {"name": closed.handed_to})
    return redirect("billing:drawer_session", pk=pk)


@requires(MINE)
@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take over what was handed to me."""
    found = get_object_or_404(_rows(), pk=pk, handed_to=caller(request))
    try:
        mine = sessions.accept(found, by=caller(request), at=clock.now())
    except Refusal as refusal:
        toast(request, str(refusal), level=40)
        return redirect("billing:my_drawer")
    return redirect("billing:drawer_session", pk=mine.pk)


@requires(MINE, ALL)
@require_GET
def paper(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was counted, to be signed: A4, or ``?paper=roll`` for the 80 mm printer."""
    found = _fetch(request, pk)
    if found.counted_at is None:
        return redirect("billing:drawer_session", pk=pk)
    size = "roll" if request.GET.get("paper") == "roll" else "a4"
    return pdf_answer(drawer_pdf(found, paper=size, at=clock.now()), found.number)


@requires(ALL)
@require_http_methods(["GET", "POST"])
def drawers(request: HttpRequest) -> HttpResponse:
    """All drawers and their sessions, the latest first. POST adds a drawer."""
    form = DrawerForm(request.POST or None)
    status = 200
    if request.method == "POST":
        added, status = _done(
            form, lambda: tills.add_drawer(name=form.cleaned_data["name"], by=caller(request), at=clock.now())
        )
        if added is not None:
            return redirect("billing:drawers")
    shown = stretch(_with_sums(_rows()), by=("opened_at", "id"), cursor=request.GET.get("cursor", ""))
    context = {"tills": Drawer.objects.order_by("-is_active", "name"), "shown": shown, "form": form, **frame()}
    return render(request, "billing/drawers.html", context, status=status)


@requires(ALL)
@require_POST
def drawer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a drawer away, or take it into use again."""
    found = get_object_or_404(Drawer, pk=pk)
    try:
        tills.amend_drawer(found, is_active="use" in request.POST, by=caller(request), at=clock.now())
    except Refusal as refusal:
        toast(request, str(refusal), level=40)
    return redirect("billing:drawers")


def _mine(request: HttpRequest, form: OpeningForm, *, status: int = 200) -> HttpResponse:
    me = caller(request)
    context = {
        "form": form,
        "has_drawers": Drawer.objects.filter(is_active=True).exists(),
        "offered": _with_sums(_rows()).filter(handed_to=me, locked_at=None),
        "past": _with_sums(_rows()).filter(cashier=me)[:10],
        **frame(),
    }
    return render(request, "billing/my_drawer.html", context, status=status)


def _count(
    request: HttpRequest, found: DrawerSession, form: CountForm, rule: Callable[[], DrawerSession]
) -> HttpResponse:
    status = 200
    if request.method == "POST" and ADD_UP not in request.POST:
        counted, status = _done(form, rule)
        if counted is not None:
            return redirect("billing:drawer_session", pk=found.pk)
    return render(request, "billing/drawer_count.html", {"session": found, "form": form, **frame()}, status=status)


def _show(request: HttpRequest, found: DrawerSession, *, status: int = 200, **forms_shown: Any) -> HttpResponse:
    counted = found.counted_at is not None
    counts = _counts(found) if counted else []
    context = {
        "session": found,
        "movements": found.movements.select_related("by"),
        "counts": counts[0] if counts else [],
        "earlier": counts[1:],
        "again": [turn[0][1] for turn in reversed(counts[:-1])],
        "is_mine": found.cashier_id == caller(request).pk,
        "movement_form": MovementForm(),
        "closing_form": ClosingForm(found) if counted and found.locked_at is None else None,
        **frame(),
        **forms_shown,
    }
    return render(request, "billing/drawer_session.html", context, status=status)


def _counts(session: DrawerSession) -> list[list[tuple[str, DrawerCount]]]:
    """Each time that it was counted, the last first: cash, card, UPI, cheques, with what they are called."""
    rows = session.counts.select_related("by").order_by("-turn", "id")
    return [
        [(str(PaymentMethod(one.method).label), one) for one in turn]
        for _turn, turn in groupby(rows, key=attrgetter("turn"))
    ]


def _done(form: forms.Form, rule: Callable[[], Any]) -> tuple[Any, int]:
    """What the rule answers if the form is right; else nothing, and the status of the refusal that stands in it."""
    if not form.is_valid():
        return None, 400
    try:
        return rule(), 200
    except Refusal as refusal:
        return None, beside(form, refusal)


def _rows() -> QuerySet[DrawerSession]:
    return DrawerSession.objects.select_related(
        "drawer", "cashier", "counted_by", "locked_by", "handed_to", "follows__cashier"
    )


def _with_sums(rows: QuerySet[DrawerSession]) -> QuerySet[DrawerSession]:
    return rows.annotate(
        counted_sum=Sum("counts__counted", filter=Q(counts__stands=True)),
        variance_sum=Sum("counts__variance", filter=Q(counts__stands=True)),
    )


def _fetch(request: HttpRequest, pk: UUID) -> DrawerSession:
    """Mine; anybody's for who looks after all drawers."""
    found = get_object_or_404(_rows(), pk=pk)
    if found.cashier_id != caller(request).pk and not request.user.has_perm(ALL):
        raise PermissionDenied
    return found
