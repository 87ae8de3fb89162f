"""What the pages of billing have in common."""

from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from apps.accounts.models import User
from apps.billing.models import Invoice
from apps.clinic import profile
from apps.core import clock
from apps.core.money import currency_of, format_amount
from apps.core.prepared import prepared
from apps.core.refusals import NotPermitted, Refusal
from apps.scheduling.models import Appointment


def caller(request: HttpRequest) -> User:
    """Who is signed in; pages that act are closed to everybody else."""
    return cast(User, request.user)


# What pages say of the people and the visit of an invoice; whatever else of them is asked for is read then.
PEOPLE = (
    *("patient__number", "patient__given_name", "patient__middle_name", "patient__family_name"),
    *("created_by__full_name", "issued_by__full_name"),
)
VISIT = ("number", "status", "starts_at", "patient", "provider__name", "appointment_type__name")


def fetch_invoice(pk: UUID) -> Invoice:
    """The invoice that an address names, with what its page says of people and visit, or 404."""
    invoice = _invoice.first(pk=pk)
    if invoice is None:
        raise Http404
    if invoice.appointment_id is not None:
        invoice.appointment = _visit.first(pk=invoice.appointment_id)
    return invoice


@prepared
def _invoice(*, pk: Any) -> QuerySet[Invoice]:
    own = (field.name for field in Invoice._meta.concrete_fields)
    return Invoice.objects.filter(pk=pk).select_related("patient", "created_by", "issued_by").only(*own, *PEOPLE)


@prepared
def _visit(*, pk: Any) -> QuerySet[Appointment]:
    return Appointment.objects.filter(pk=pk).select_related("provider", "appointment_type").only(*VISIT)


def beside(form: forms.Form, refusal: Refusal) -> int:
    """Put a refusal beside the field that it is about; answers the status it goes out with.

    The page is theirs, what they typed is more than they may: that is told like any other wrong answer.
    """
    field = "discount" if refusal.field == "discount_percent" else refusal.field  # one field takes both
    form.add_error(field if field in form.fields else None, str(refusal))
    return 400 if refusal.status == NotPermitted.status else refusal.status


def frame() -> dict[str, Any]:
    clinic = profile.current()
    return {"clinic": clinic, "today": clock.day_of(clock.now(), clinic.zone)}


def as_typed(amount: Decimal, currency: str, locale: str) -> str:
    return format_amount(amount, currency_of(currency), locale)
