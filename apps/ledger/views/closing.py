"""Up to which day the books are closed: closing them, and opening them again by two people."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.models import User
from apps.clinic import profile
from apps.core import clock
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.ledger import closing as closings
from apps.ledger.forms import ClosingForm, RefusalForm, ReopeningForm
from apps.ledger.models import BookClosing, ReopeningRequest

EARLIER = 60


@requires("ledger.view_journal")
@require_http_methods(["GET", "HEAD"])
def closing(request: HttpRequest) -> HttpResponse:
    """What is closed, what was closed and opened before, and who waits for an answer."""
    return _show(request)


@requires("ledger.close_books")
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """Close every day up to the one that is given."""
    form = ClosingForm(request.POST)
    return _act(
        request,
        form,
        lambda: closings.close(form.cleaned_data["closed_until"], by=_caller(request), at=clock.now()),
        said=_("The books are closed."),
        shown_as="closing_form",
    )


@requires("ledger.close_books")
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for days to be opened again."""
    form = ReopeningForm(request.POST)
    return _act(
        request,
        form,
        lambda: closings.ask_to_reopen(
            form.cleaned_data["reopen_from"], reason=form.cleaned_data["reason"], by=_caller(request), at=clock.now()
        ),
        said=_("Asked for. Another clinic admin has to approve it."),
        shown_as="reopening_form",
    )


@requires("ledger.close_books")
@require_POST
def approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody else than who asked opens the books."""
    found = get_object_or_404(ReopeningRequest, pk=pk)
    return _act(
        request,
        None,
        lambda: closings.approve(found, by=_caller(request), at=clock.now()),
        said=_("The books are open again."),
    )


@requires("ledger.close_books")
@require_POST
def refuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The books stay closed."""
    found = get_object_or_404(ReopeningRequest, pk=pk)
    form = RefusalForm(request.POST)
    return _act(
        request,
        form,
        lambda: closings.refuse(found, reason=form.cleaned_data["reason"], by=_caller(request), at=clock.now()),
        said=_("The books stay closed."),
        shown_as="refusal_form",
    )


def _act(
    request: HttpRequest, form: forms.Form | None, rule: Callable[[], object], *, said: str, shown_as: str = ""
) -> HttpResponse:
    """Call the rule; where it refuses, the page with the words beside their field."""
    status = 400
    if form is None or form.is_valid():
        try:
            rule()
        except Refusal as refusal:
            status = refusal.status
            if form is None:
                toast(request, str(refusal), level=40)
            else:
                beside(form, refusal)
        else:
            toast(request, said)
            return redirect("ledger:closing")
    return _show(request, status=status, **({shown_as: form} if form is not None else {}))


def _show(request: HttpRequest, *, status: int = 200, **forms_shown: Any) -> HttpResponse:
    moves = BookClosing.objects.select_related("by", "request__by").annotate(
        days_sealed=Count("days"), entries=Sum("days__entries")
    )
    refused = ReopeningRequest.objects.filter(refusal__isnull=False).select_related("by", "refusal__by")
    waiting = closings.waiting()
    context = {
        "closed_until": closings.closed_until(),
        "moves": moves.order_by("-place")[:EARLIER],
        "refused": refused[:EARLIER],
        "waiting": waiting,
        "is_mine": waiting is not None and waiting.by_id == _caller(request).pk,
        "clinic": profile.current(),
        "closing_form": ClosingForm(),
        "reopening_form": ReopeningForm(auto_id="reopen_%s"),
        "refusal_form": RefusalForm(auto_id="refuse_%s"),
        **forms_shown,
    }
    return render(request, "ledger/closing.html", context, status=status)


def _caller(request: HttpRequest) -> User:
    return cast(User, request.user)
