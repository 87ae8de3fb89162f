"""UC-02 and FR-B01: a completed visit makes its draft invoice, exactly once, or is not completed."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import RequestFactory

from apps.billing import invoicing, receivers
from apps.billing.models import Invoice, InvoiceStatus
from apps.billing.views import invoices as views
from apps.scheduling import attendance
from apps.scheduling.models import Appointment
from tests.billing.cast import AT, Cast, D, in_session


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    return in_session(cast)


def complete(visit: Appointment) -> Appointment:
    rao = visit.provider.user
    assert rao is not None
    return attendance.complete(visit, by=rao, at=AT)


def test_a_completed_visit_drafts_its_invoice(visit: Appointment) -> None:
    complete(visit)
    invoice = Invoice.objects.get(appointment=visit)
    line = invoice.lines.get()
    assert (invoice.status, invoice.source, invoice.patient_id) == (InvoiceStatus.DRAFT, "visit", visit.patient_id)
    assert (line.description, line.unit_price, line.tax_name, line.tax_rate) == ("Check-up", D("800"), "GST", D("5"))
    assert invoice.total == D("840.00")


def test_the_day_sheet_leads_to_the_invoice(visit: Appointment, cast: Cast) -> None:
    complete(visit)
    invoice = Invoice.objects.get()
    request = RequestFactory().get("/")
    request.user = cast.bela
    answer = views.visit(request, appointment_pk=visit.pk)
    assert answer.headers["location"] == f"/billing/invoices/{invoice.pk}/"


def test_announced_twice_it_drafts_once(visit: Appointment, cast: Cast) -> None:
    complete(visit)
    first = Invoice.objects.get()
    assert invoicing.draft_for_visit(visit, by=cast.bela, at=AT) == first
    with pytest.raises(DatabaseError, match="one_invoice_per_completion"), transaction.atomic():
        Invoice.objects.create(
            patient=cast.asha,
            appointment=visit,
            source="visit",
            currency="INR",
            decimals=2,
            created_at=AT,
            created_by=cast.bela,
        )


def test_without_its_draft_a_visit_is_not_completed(visit: Appointment, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(receivers, "draft_for_visit", fail)
    with pytest.raises(ZeroDivisionError):
        complete(visit)
    assert Appointment.objects.get(pk=visit.pk).status == "in_session"
    assert not Invoice.objects.exists()


def test_a_voided_visit_invoice_can_be_drafted_again(visit: Appointment, cast: Cast) -> None:
    complete(visit)
    issued = invoicing.issue(Invoice.objects.get(), by=cast.bela, at=AT)
    invoicing.void(issued, reason="Wrong fee", by=cast.bela, at=AT)
    again = invoicing.draft_for_visit(visit, by=cast.bela, at=AT)
    assert (again.pk != issued.pk, again.status) == (True, InvoiceStatus.DRAFT)


def test_a_visit_may_have_further_invoices(visit: Appointment, cast: Cast) -> None:
    complete(visit)
    further = invoicing.draft(
        cast.asha, appointment=visit, source="imported", source_reference="claim:7", by=cast.bela, at=AT
    )
    assert further.source_reference == "claim:7"
    with pytest.raises(invoicing.AlreadyMade):
        invoicing.draft(
            cast.asha, appointment=visit, source="imported", source_reference="claim:7", by=cast.bela, at=AT
        )
    with pytest.raises(invoicing.VisitOfAnotherPatient):
        invoicing.draft(cast.ben, appointment=visit, by=cast.bela, at=AT)
