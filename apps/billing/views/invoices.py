"""The page of one invoice, and everything that is done to it there."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.billing import figures, invoicing, posting, statements
from apps.billing.explaining import line_in_words, revenue_in_words
from apps.billing.fetching import fetch_lines
from apps.billing.forms import CreditForm, IssueForm, PaymentForm, VoidForm, WholeDiscountForm
from apps.billing.gateways import which
from apps.billing.gateways.forms import LinkForm
from apps.billing.line_form import LineForm
from apps.billing.models import Invoice, InvoiceLine
from apps.billing.paying import credit, credit_rule
from apps.billing.paying.check_in import was_paid_at_check_in
from apps.billing.prices.forms import ChooseListForm
from apps.billing.prices.pricing import list_of_invoice
from apps.billing.prices.tax_words import plain, tax_summary
from apps.billing.views.shared import as_typed, beside, caller, fetch_invoice, frame
from apps.clinic import profile
from apps.core import clock
from apps.core.money import currency_of, format_money
from apps.core.pages import page
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.ledger.writing import Writer
from apps.patients.models import Patient
from apps.scheduling.models import Appointment

NEW_LINE, TO_PAY = "new", "pay"  # where the keyboard goes on


@requires("billing.view_invoice")
@require_GET
def invoice(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything about one invoice; ``?line=…`` opens that line of a draft for editing, ``?at=…`` says where the
    keyboard waits (``show``)."""
    editing, waits = request.GET.get("line", ""), request.GET.get("at", "")
    return show(request, fetch_invoice(pk), editing=editing, goes_on=waits)


@requires("billing.view_invoice")
@require_GET
def visit(request: HttpRequest, appointment_pk: UUID) -> HttpResponse:
    """To the invoice that a visit made, or to the patient's account where it has made none yet."""
    made = Invoice.objects.filter(appointment=appointment_pk).order_by(
        F("voided_at").asc(nulls_first=True), "-created_at"
    )
    found = made.filter(source__in=Invoice.OF_A_VISIT, voided_at=None).first() or made.first()
    if found is None:
        unbilled = get_object_or_404(Appointment, pk=appointment_pk)
        toast(request, _("%(number)s has no invoice yet.") % {"number": unbilled.number})
        return redirect("billing:account", patient_pk=unbilled.patient_id)
    return redirect("billing:invoice", pk=found.pk)


@requires("billing.edit_draft")
@require_POST
def draft(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """An empty draft for a patient who buys something without a visit."""
    patient = get_object_or_404(Patient, pk=patient_pk)
    made = invoicing.draft(patient, by=caller(request), at=clock.now())
    return redirect("billing:invoice", pk=made.pk)


@requires("billing.edit_draft")
@require_POST
def add_line(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = fetch_invoice(pk)
    form = LineForm(request.POST)
    return _act(
        request,
        found,
        form,
        lambda: invoicing.add_charge(
            found, service=form.cleaned_data["service"], by=caller(request), at=clock.now(), **form.charge()
        ),
        shown_as="line_form",
        goes_on=NEW_LINE,
    )


@requires("billing.edit_draft")
@require_POST
def change_line(request: HttpRequest, pk: UUID, line_pk: UUID) -> HttpResponse:
    found = fetch_invoice(pk)
    line = get_object_or_404(InvoiceLine.objects.select_related("invoice"), pk=line_pk, invoice=found)
    form = LineForm(request.POST)
    return _act(
        request,
        found,
        form,
        lambda: invoicing.change_line(line, by=caller(request), at=clock.now(), **form.changes()),
        shown_as="edit_form",
        editing=str(line_pk),
        goes_on=str(line_pk),
    )


@requires("billing.edit_draft")
@require_POST
def remove_line(request: HttpRequest, pk: UUID, line_pk: UUID) -> HttpResponse:
    found = fetch_invoice(pk)
    line = get_object_or_404(InvoiceLine.objects.select_related("invoice"), pk=line_pk, invoice=found)
    lines = [one.pk for one in fetch_lines(found)]
    below = lines[lines.index(line.pk) + 1 :]
    return _act(
        request,
        found,
        None,
        lambda: invoicing.remove_line(line, by=caller(request), at=clock.now()),
        goes_on=str(below[0]) if below else NEW_LINE,
    )


@requires("billing.give_discount")
@require_POST
def discount(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = fetch_invoice(pk)
    form = WholeDiscountForm(request.POST, lines=fetch_lines(found))

    def give() -> None:
        typed = form.cleaned_data["discount"]
        invoicing.discount(
            found,
            amount=typed.get("discount"),
            percent=typed.get("discount_percent"),
            reason=form.cleaned_data["reason"],
            replaces=form.cleaned_data.get("replaces", False),
            by=caller(request),
            at=clock.now(),
        )

    return _act(request, found, form, give, shown_as="discount_form")


@requires("billing.issue_invoice")
@require_POST
def issue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One click from the work queue or from the page; there a due date may be given."""
    found = fetch_invoice(pk)
    form = IssueForm(request.POST)

    def give_number() -> None:
        uses = form.credit_wish() if request.user.has_perm("billing.receive_payment") else None
        due_date = form.cleaned_data["due_date"]
        issued = invoicing.issue(found, due_date=due_date, use_credit=uses, by=caller(request), at=clock.now())
        toast(request, _("%(number)s is issued.") % {"number": issued.number})

    if request.POST.get("next") == "queue":
        try:
            if form.is_valid():
                give_number()
        except Refusal as refusal:
            toast(request, str(refusal), level=40)
        seen = {"page": request.POST["page"]} if request.POST.get("page", "").isdecimal() else {}
        return redirect(f"{reverse('billing:work_queue')}?{urlencode({'after': found.pk, **seen})}")
    return _act(request, found, form, give_number, shown_as="issue_form", goes_on=TO_PAY)


@requires("billing.receive_payment")
@require_POST
def use_credit(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = fetch_invoice(pk)
    form = CreditForm(request.POST)
    return _act(
        request,
        found,
        form,
        lambda: credit.use_credit(found, amount=form.cleaned_data["amount"], by=caller(request), at=clock.now()),
        shown_as="credit_form",
        goes_on=TO_PAY,
    )


@requires("billing.void_invoice")
@require_http_methods(["GET", "POST"])
def void(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks for the reason and, where something was paid, for what becomes of it."""
    found = fetch_invoice(pk)
    may_refund = request.user.has_perm("billing.refund_payment")
    form = VoidForm(request.POST or None, something_paid=bool(found.applied), may_refund=may_refund)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                invoicing.void(
                    found,
                    reason=form.cleaned_data["reason"],
                    disposition=form.cleaned_data.get("disposition", ""),
                    by=caller(request),
                    at=clock.now(),
                )
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("The invoice is void."))
                return redirect("billing:invoice", pk=pk)
        else:
            status = 400
    return render(request, "billing/void.html", {"invoice": found, "form": form, **frame()}, status=status)


def show(
    request: HttpRequest,
    found: Invoice,
    *,
    editing: str = "",
    goes_on: str = "",
    status: int = 200,
    **forms_shown: Any,
) -> HttpResponse:
    """The invoice's page, or its changing part for htmx. Forms that were refused come along with what was typed.
    The keyboard ``goes_on`` at a line (its id), at the form of a NEW_LINE or where what is owed is paid (TO_PAY)."""
    record_read(found.patient_id, "invoice")
    clinic = profile.current()
    facts = statements.facts_about(found)
    lines = fetch_lines(found)
    edited = next((line for line in lines if found.is_draft and str(line.pk) == editing), None)
    explained = figures.of_invoice(found) if found.issued_at else {}
    reads_books = request.user.has_perm("ledger.view_journal")
    unused = credit.credit_of(found.patient) if found.is_open or found.is_draft else None
    context = {
        "invoice": found,
        "lines": [(line, line_in_words(line, locale=clinic.locale)) for line in lines],
        "gross": sum(line.gross for line in lines),
        "discount": sum(line.discount for line in lines),
        "included": sum(line.included for line in lines),
        "taxes": tax_summary(lines),
        "revenue_in_words": revenue_in_words(found, locale=clinic.locale) if found.issued_at else "",
        **(statements.corrections_of(found) if "corrections" in facts else {}),
        "explained": explained,
        "figures": [
            (words, format_money(amount, currency_of(found.currency), clinic.locale), reads_books and figure.href)
            for words, amount, figure in explained.values()
        ],
        "events": statements.timeline(found, facts),
        "is_edited": found.is_draft and request.user.has_perm("billing.edit_draft"),
        "edited": edited,
        "goes_on": goes_on,
        "credit": unused,
        "expected": found.expected.pending() if found.is_open and "expected" in facts else [],
        "entries": posting.entries_about(found) if reads_books else [],
        "write": Writer.of_clinic(),
        "plain": plain,
        "removal_of": lambda line: reverse("billing:remove_line", args=[found.pk, line.pk]),
        **frame(),
    }
    if found.is_draft:
        context["line_form"] = LineForm(auto_id="new_%s", waits_in="service" if goes_on == NEW_LINE else "")
        context["discount_form"] = WholeDiscountForm(lines=lines)
        if request.user.has_perm("billing.choose_price_list"):
            context["list_form"] = ChooseListForm(initial={"price_list": list_of_invoice(found)})
        uses = credit_rule.settings().credit_by_itself or was_paid_at_check_in(found)
        context["issue_form"] = IssueForm(initial={"use_credit": uses, "credit_asked": True})
        if edited is not None:
            typed = LineForm.of(edited, clinic.locale)
            context["edit_form"] = LineForm(initial=typed, auto_id="line_%s", waits_in="description")
    elif found.is_open:
        if which.is_offered() and which.account():
            context["link_form"] = LinkForm(initial={"amount": as_typed(found.due, found.currency, clinic.locale)})
        context["payment_form"] = PaymentForm(initial={"amount": as_typed(found.due, found.currency, clinic.locale)})
        if goes_on == TO_PAY and request.user.has_perm("billing.receive_payment"):
            context["payment_form"].fields["amount"].widget.attrs["autofocus"] = True
            context["goes_on"] = ""
    context |= forms_shown
    if edited is not None:
        context["edited_row"] = render_to_string("billing/_edited_line.html", context, request)
    return page(request, "billing/invoice.html", context, fragment="billing/_invoice.html", status=status)


def _act(
    request: HttpRequest,
    found: Invoice,
    form: forms.Form | None,
    rule: Callable[[], object],
    *,
    shown_as: str = "",
    editing: str = "",
    goes_on: str = "",
) -> HttpResponse:
    """Call the rule; then show the invoice as it is now, or as it was with what was refused beside its field."""
    status = 200
    if form is not None and not form.is_valid():
        status = 400
    else:
        try:
            rule()
        except Refusal as refusal:
            if form is None:
                toast(request, str(refusal), level=40)
                status = refusal.status
            else:
                status = beside(form, refusal)
    if status == 200 and not request.headers.get("HX-Request"):
        return redirect("billing:invoice", pk=found.pk)
    shown = {shown_as: form} if form is not None and status != 200 else {}
    opened, waits = ("", goes_on) if status == 200 else (editing, "")
    return show(request, fetch_invoice(found.pk), editing=opened, goes_on=waits, status=status, **shown)
