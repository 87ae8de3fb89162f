"""A corrected invoice keeps what its lines came from, whatever became of it meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from apps.billing import invoicing
from apps.billing.correcting.corrections import NothingDiffers, correct_invoice
from apps.billing.models import Invoice, InvoicePriceList
from apps.billing.prices import catalogue, packages, price_lists, repricing
from apps.scheduling import attendance
from tests.billing.cast import AT, DAY, Cast, D, expected, found_wrong


@pytest.fixture
def bill(cast: Cast) -> Invoice:
    """By the company's list: a package of two, an X-ray of which 10 % were let off, something without a service."""
    who: dict[str, Any] = {"by": cast.bela, "at": AT}
    x_ray = catalogue.add_service(name="X-ray", price="400", **who)
    scan = catalogue.add_service(name="Scan", price="900", **who)
    check = catalogue.add_service(name="Check", category="package", price="1000", **who)
    packages.set_parts(check, [(x_ray, 1), (scan, 1)], **who)
    company = price_lists.add_price_list(name="Company", **who)
    price_lists.set_prices(company, [(x_ray, "250"), (check, "800")], **who)
    draft = cast.draft()
    repricing.choose_list(draft, company, **who)
    invoicing.add_charge(draft, service=check, **who)
    invoicing.add_charge(draft, service=x_ray, discount_percent="10", discount_reason="Friend", **who)
    invoicing.add_charge(draft, description="Report", unit_price="30", tax_name="GST", tax_rate="5", **who)
    issued = invoicing.issue(draft, **who)
    for service in (x_ray, scan, check):
        catalogue.amend_service(service, is_active=False, **who)
    price_lists.amend_price_list(company, is_active=False, **who)
    return issued


def told(invoice: Invoice) -> list[tuple[Any, ...]]:
    columns = ("service__name", "package__name", "price_list__name", "unit_price", "total", "tax_name", "service_on")
    return list(invoice.lines.order_by("position").values_list(*columns))


def corrected(invoice: Invoice, cast: Cast, kind: str, **right: Any) -> Invoice:
    new = correct_invoice(invoice, kind=kind, reason="Wrong", by=cast.bela, at=AT, **right).new_invoice
    assert new is not None
    return new


def test_for_another_patient_it_says_the_same(cast: Cast, bill: Invoice) -> None:
    new = corrected(bill, cast, "patient", patient=cast.ben)
    assert (told(new), new.total, new.patient) == (told(bill), bill.total, cast.ben)
    assert [line.description for line in new.lines.order_by("position")] == [
        line.description for line in bill.lines.order_by("position")
    ]
    chosen = InvoicePriceList.objects.get(invoice=new)
    assert chosen.price_list is not None
    assert (chosen.price_list.name, found_wrong()) == ("Company", {})


def test_parts_of_a_package_stay_together_and_apart_from_the_first_ones(cast: Cast, bill: Invoice) -> None:
    new = corrected(bill, cast, "patient", patient=cast.ben)
    one, other, *rest = new.lines.order_by("position").values_list("bundle", flat=True)
    assert (one == other, rest) == (True, [None, None])
    assert one not in set(bill.lines.values_list("bundle", flat=True))


def test_only_the_price_that_was_wrong_is_no_lists_any_more(cast: Cast, bill: Invoice) -> None:
    wrong = bill.lines.get(position=3)
    new = corrected(bill, cast, "amount", lines={wrong.pk: {"unit_price": "200"}})
    before, after = told(bill), told(new)
    assert after[2][:4] == ("X-ray", None, None, D("200"))
    assert [row for place, row in enumerate(after) if place != 2] == [
        row for place, row in enumerate(before) if place != 2
    ]
    assert new.lines.get(position=3).discount_given.reason == f"As on {bill.number}"  # type: ignore[union-attr]
    with pytest.raises(NothingDiffers):
        same = new.lines.get(position=3)
        correct_invoice(
            new, kind="amount", lines={same.pk: {"unit_price": same.unit_price}}, reason="Wrong", by=cast.bela, at=AT
        )


def test_put_right_before_the_visit_is_over_it_stays_the_visits_invoice(cast: Cast) -> None:
    visit, rao = expected(cast, charged_when="check_in")
    arrived = attendance.arrive(visit, by=rao, at=AT)
    issued = invoicing.issue(Invoice.objects.get(), by=cast.bela, at=AT)
    right = corrected(issued, cast, "amount", lines={issued.lines.get().pk: {"unit_price": "700"}})
    attendance.start(arrived, by=rao, at=AT)
    attendance.complete(arrived, by=rao, at=AT)
    assert list(Invoice.objects.filter(voided_at=None)) == [right]
    assert (right.source, right.total, found_wrong()) == ("arrival", D("735"), {})


def test_of_a_completed_visit_it_stays_the_one_that_the_visit_made(cast: Cast) -> None:
    visit, rao = expected(cast)
    for step in (attendance.arrive, attendance.start, attendance.complete):
        step(visit, by=rao, at=AT)
    issued = invoicing.issue(Invoice.objects.get(), by=cast.bela, at=AT)
    right = corrected(issued, cast, "amount", lines={issued.lines.get().pk: {"quantity": "2"}})
    assert (right.source, invoicing.draft_for_visit(visit, by=rao, at=AT), found_wrong()) == ("visit", right, {})


def test_the_right_invoice_is_due_when_the_wrong_one_was(cast: Cast) -> None:
    month = timedelta(days=30)
    wrong = invoicing.issue(cast.draft({"unit_price": "100"}), due_date=DAY + month, by=cast.bela, at=AT)
    right = corrected(wrong, cast, "amount", lines={wrong.lines.get().pk: {"unit_price": "90"}})
    assert (right.issued_on, right.due_on) == (DAY, DAY + month)
    late = correct_invoice(right, kind="patient", patient=cast.ben, reason="Wrong", by=cast.bela, at=AT + 2 * month)
    assert late.new_invoice is not None
    assert (late.new_invoice.issued_on, late.new_invoice.due_on) == (DAY + 2 * month, DAY + 2 * month)
