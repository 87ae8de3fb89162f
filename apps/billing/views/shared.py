"""What the pages of billing have in common."""

from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from apps.accounts.models import User
from apps.billing.models import Invoice
from apps.clinic import profile
from apps.core import clock
from apps.core.money import currency_of, format_amount
from apps.core.refusals import NotPermitted, Refusal


def caller(request: HttpRequest) -> User:
    """Who is signed in; pages that act are closed to everybody else."""
    return cast(User, request.user)


def fetch_invoice(pk: UUID) -> Invoice:
    return get_object_or_404(
        Invoice.objects.with_people().select_related(
            "patient", "created_by", "issued_by", "appointment__provider", "appointment__appointment_type"
        ),
        pk=pk,
    )


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
