"""{% payment_form form action %}: what the desk fills in when an invoice is paid."""

from functools import cache
from typing import Any

from django import template
from django.template import Context
from django.urls import get_script_prefix, get_urlconf
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from apps.billing.forms import PaymentForm
from apps.core.quick import drawn

register = template.Library()
# Stand where a blank form has what is its own.
ACTION, TOKEN, TICKET, AMOUNT = "\1", "\2", "\3", "\4"


@register.simple_tag(takes_context=True)
def payment_form(context: Context, form: PaymentForm, action: str) -> SafeString:
    """An invoice's form. A blank one differs from others in four places only, so it is drawn once a language: it takes
    as long as all the rest of the page."""
    token = str(context["csrf_token"])
    if form.is_bound:
        return _drawn(form, action, token)
    waits = "autofocus" in form.fields["amount"].widget.attrs
    blank = _blank(waits, get_language(), get_script_prefix(), get_urlconf())
    own = {ACTION: action, TOKEN: token, TICKET: form["ticket"].value(), AMOUNT: form["amount"].value()}
    for place, value in own.items():
        blank = blank.replace(place, conditional_escape(value))
    return mark_safe(blank)  # noqa: S308 - escaped by the engine, and here


@cache
def _blank(waits: bool, *_place: Any) -> str:
    form = PaymentForm(initial={"amount": AMOUNT, "ticket": TICKET})
    if waits:
        form.fields["amount"].widget.attrs["autofocus"] = True
    return _drawn(form, ACTION, TOKEN)


def _drawn(form: PaymentForm, action: str, token: str) -> SafeString:
    return drawn("billing/payment_form.html", form=form, action=action, csrf_token=token)
