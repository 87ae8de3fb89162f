"""One form, one rule: asked, refused with words beside the field, or saved."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.accounts.access import StaffRequest
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast

SETUP = "scheduling:setup"


def form_saved(
    request: StaffRequest,
    form: Form,
    rule: Callable[..., object],
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    then: str = SETUP,
) -> HttpResponse:
    """The page with the form, or away from it once the rule has taken what was typed."""
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                saved = rule(**form.cleaned_data)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("%(what)s is saved.") % {"what": saved})
                return redirect(then)
    return render(request, template, {"form": form, **(context or {})}, status=status)


def done(
    request: StaffRequest, rule: Callable[[], object], words: str, *, then: str = SETUP, **parts: Any
) -> HttpResponse:
    """A button without a form: done, or refused in a note."""
    try:
        toast(request, words % {"what": rule()})
    except Refusal as refusal:
        toast(request, str(refusal), level=messages.WARNING)
    answer: HttpResponse = redirect(then, **parts)
    return answer
