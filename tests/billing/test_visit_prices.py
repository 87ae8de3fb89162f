"""What visits cost on price lists: with whom, from when, on which draft."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.billing import charging, invoicing
from apps.billing.models import BillingSettings, Invoice, PriceList, VisitPrice
from apps.billing.paying.check_in import due_today
from apps.billing.prices import price_lists, repricing
from apps.billing.prices.visit_prices import set_visit_prices
from apps.clinic.models import Provider
from apps.core.money import AmountRefused
from apps.scheduling import attendance, booking, catalogue, fees, missed, own_fees
from apps.scheduling.models import Appointment, AppointmentType
from tests.billing.cast import AT, DAY, Cast, D, expected

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Asha's check-up with Dr Rao, 800.00 and 5 %."""
    return expected(cast)[0]


@pytest.fixture
def staff(cast: Cast) -> PriceList:
    """Asha's list."""
    made = price_lists.add_price_list(name="Staff", by=cast.bela, at=AT)
    price_lists.give_list(cast.asha, made, by=cast.bela, at=AT)
    return made


def cost(cast: Cast, price_list: PriceList, *prices: tuple[Any, Any, str, Any], **more: Any) -> int:
    return set_visit_prices(price_list, prices, by=cast.bela, at=AT, **more)


def charged(visit: Appointment) -> list[tuple[str, Any]]:
    return [(one.description, one.price) for one in fees.charges_for(visit)]


def over(visit: Appointment) -> Invoice:
    rao = visit.provider.user
    assert rao is not None
    attendance.arrive(visit, by=rao, at=AT)
    attendance.start(visit, by=rao, at=AT)
    attendance.complete(visit, by=rao, at=AT)
    return Invoice.objects.get(appointment=visit, voided_at=None)


def prices(invoice: Invoice) -> list[tuple[Any, Any]]:
    return list(invoice.lines.order_by("position").values_list("unit_price", "price_list__name"))


def test_the_invoice_of_a_visit_is_by_the_patients_list(cast: Cast, visit: Appointment, staff: PriceList) -> None:
    cost(cast, staff, (visit.appointment_type, None, "visit", "500.00"))
    assert due_today(visit).asked == D("525.00")  # what is told at the desk is what the invoice says
    invoice = over(visit)
    assert (prices(invoice), invoice.total) == ([(D("500"), "Staff")], D("525.00"))


def test_who_has_no_list_and_lists_that_say_nothing_cost_the_usual(cast: Cast, visit: Appointment) -> None:
    other = price_lists.add_price_list(name="Company", by=cast.bela, at=AT)
    cost(cast, other, (visit.appointment_type, None, "visit", "500.00"))
    assert charged(visit) == [("Check-up", D("800"))]
    price_lists.give_list(cast.asha, other, by=cast.bela, at=AT)
    assert charged(visit) == [("Check-up", D("500"))]
    price_lists.amend_price_list(other, is_active=False, by=cast.bela, at=AT)
    assert charged(visit) == [("Check-up", D("800"))]


def test_the_lists_price_with_the_provider_comes_first(cast: Cast, visit: Appointment, staff: PriceList) -> None:
    kind, provider = visit.appointment_type, visit.provider
    other = Provider.objects.create(name="Dr Other")
    own_fees.set_fee(provider, kind, rate="1000.00", facility_rate="90.00", by=cast.bela, at=AT)
    assert charged(visit) == [("Check-up", D("1000")), ("Facility fee", D("90"))]
    cost(cast, staff, (kind, None, "visit", "500.00"), (kind, other, "visit", "100.00"))
    assert charged(visit) == [("Check-up", D("500")), ("Facility fee", D("90"))]
    cost(cast, staff, (kind, provider, "visit", "650.00"), (kind, None, "facility", "40.00"))
    assert charged(visit) == [("Check-up", D("650")), ("Facility fee", D("40"))]
    cost(cast, staff, (kind, provider, "visit", ""), (kind, None, "facility", "0"))
    assert charged(visit) == [("Check-up", D("500"))]
    assert [one.price for one in fees.charges_of(provider=provider, appointment_type=kind, day=DAY)] == [1000, 90]


def test_prices_of_visits_change_from_a_day_on(cast: Cast, visit: Appointment, staff: PriceList) -> None:
    kind = visit.appointment_type
    assert cost(cast, staff, (kind, None, "visit", "500.00")) == 1
    assert cost(cast, staff, (kind, None, "visit", "450.00"), starts_on=TOMORROW + timedelta(days=5)) == 1
    assert cost(cast, staff, (kind, None, "visit", "480.00"), starts_on=TOMORROW) == 1
    assert cost(cast, staff, (kind, None, "visit", "480"), starts_on=TOMORROW) == 0
    spans = VisitPrice.objects.order_by("starts_on").values_list("amount", "starts_on", "ends_on")
    assert list(spans) == [
        (D("500"), DAY, DAY),
        (D("480"), TOMORROW, TOMORROW + timedelta(days=4)),
        (D("450"), TOMORROW + timedelta(days=5), None),
    ]
    asked = {"provider": visit.provider, "appointment_type": kind, "patient": cast.asha}
    assert [fees.charges_of(day=DAY + timedelta(days=n), **asked)[0].price for n in (0, 1, 6)] == [500, 480, 450]


def test_what_is_no_price_of_a_visit_is_refused(cast: Cast, visit: Appointment, staff: PriceList) -> None:
    kind = visit.appointment_type
    for amount in ("-20", "10.005", "NaN", "1e9", "ten"):
        with pytest.raises(AmountRefused) as refusal:
            cost(cast, staff, (kind, visit.provider, "visit", amount))
        assert refusal.value.details["provider"] == str(visit.provider.pk)
    with pytest.raises(price_lists.PriceOfThePast):
        cost(cast, staff, (kind, None, "visit", "1"), starts_on=DAY - timedelta(days=1))
    assert not VisitPrice.objects.exists()


def test_a_return_and_a_late_cancellation_count_from_the_lists_price(
    cast: Cast, visit: Appointment, staff: PriceList
) -> None:
    rules = {"follow_up_days": 7, "follow_up_percent": "50", "cancel_fee_kind": "percent", "cancel_fee_value": "20"}
    kind = catalogue.amend_type(visit.appointment_type, **rules, by=cast.bela, at=AT)
    cost(cast, staff, (kind, None, "visit", "500.00"))
    over(visit)
    rao = visit.provider.user
    assert rao is not None
    asked = {"patient": cast.asha, "provider": visit.provider, "appointment_type": kind, "by": rao, "at": AT}
    back = booking.book(starts_at=AT + timedelta(hours=2), **asked)
    [charge] = fees.charges_for(back)
    assert (charge.price, charge.net) == (D("500"), D("250"))
    [fee] = missed.charges_for_cancelling(back, at=AT)
    assert (fee.price, fee.price_list) == (D("50"), None)


def test_a_draft_may_name_another_list(cast: Cast, visit: Appointment, staff: PriceList) -> None:
    kind = visit.appointment_type
    own_fees.set_fee(visit.provider, kind, rate="1000.00", facility_rate="90.00", by=cast.bela, at=AT)
    company = price_lists.add_price_list(name="Company", by=cast.bela, at=AT)
    cost(cast, staff, (kind, None, "visit", "500.00"))
    cost(cast, company, (kind, None, "visit", "700.00"), (kind, None, "facility", "60.00"))
    invoice = over(visit)
    assert prices(invoice) == [(D("500"), "Staff"), (D("90"), None)]
    repricing.choose_list(invoice, company, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("700"), "Company"), (D("60"), "Company")]
    repricing.choose_list(invoice, None, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("1000"), None), (D("90"), None)]
    invoicing.change_line(invoice.lines.get(position=1), unit_price="1.00", by=cast.bela, at=AT)
    repricing.choose_list(invoice, company, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("1"), None), (D("60"), "Company")]


def test_a_facility_fee_of_the_other_list_alone_comes_and_goes(
    cast: Cast, visit: Appointment, staff: PriceList
) -> None:
    kind = visit.appointment_type
    company = price_lists.add_price_list(name="Company", by=cast.bela, at=AT)
    cost(cast, company, (kind, visit.provider, "facility", "60.00"), (kind, None, "facility", "40.00"))
    invoice = over(visit)
    assert prices(invoice) == [(D("800"), None)]
    repricing.choose_list(invoice, company, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("800"), None), (D("60"), "Company")]
    fee = invoice.lines.get(position=2)
    assert (fee.description, fee.visit_part, fee.follows_visit) == ("Facility fee", "facility", True)
    repricing.choose_list(invoice, company, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("800"), None), (D("60"), "Company")]
    repricing.choose_list(invoice, None, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("800"), None)]
    repricing.choose_list(invoice, company, by=cast.bela, at=AT)
    charging.remove_line(invoice.lines.get(visit_part="facility"), by=cast.bela, at=AT)
    repricing.choose_list(invoice, company, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("800"), None)]  # what somebody took off stays off
    repricing.choose_list(invoice, staff, by=cast.bela, at=AT)
    invoicing.change_line(invoice.lines.get(), unit_price="1.00", by=cast.bela, at=AT)
    repricing.choose_list(invoice, company, by=cast.bela, at=AT)
    invoicing.change_line(invoice.lines.get(visit_part="facility"), unit_price="2.00", by=cast.bela, at=AT)
    repricing.choose_list(invoice, None, by=cast.bela, at=AT)
    assert prices(invoice) == [(D("1"), None), (D("2"), None)]  # typed by hand
    invoice.refresh_from_db()
    assert invoice.net == D("3")


def test_charged_at_check_in_the_draft_keeps_its_own_list(cast: Cast, staff: PriceList) -> None:
    visit, rao = expected(cast, charged_when="check_in")
    company = price_lists.add_price_list(name="Company", by=cast.bela, at=AT)
    cost(cast, company, (visit.appointment_type, None, "visit", "700.00"))
    arrived = attendance.arrive(visit, by=rao, at=AT)
    repricing.choose_list(Invoice.objects.get(), company, by=cast.bela, at=AT)
    cost(cast, company, (visit.appointment_type, None, "visit", "720.00"))
    attendance.start(arrived, by=rao, at=AT)
    attendance.complete(arrived, by=rao, at=AT)
    assert prices(Invoice.objects.get()) == [(D("720"), "Company")]


@pytest.fixture
def listed(riverside: Any, people: dict[str, User]) -> tuple[PriceList, AppointmentType, Provider]:
    with riverside.inside(by=people["ada"]):
        made = price_lists.add_price_list(name="Staff", by=people["bela"], at=AT)
        kind = AppointmentType.objects.create(name="Check-up", duration_minutes=30, rate="800.00")
        return made, kind, Provider.objects.create(name="Dr Rao")


def test_bela_types_them_into_the_grid(
    riverside: Any, people: dict[str, User], listed: Any, web: Callable[..., Client]
) -> None:
    made, kind, provider = listed
    bela, page = web(riverside, people["bela"]), f"/billing/price-lists/{made.pk}/visits/"
    today = bela.get(page).context["form"]["starts_on"].value()
    everybody, own, place = f"visit-{kind.pk}-all", f"visit-{kind.pk}-{provider.pk}", f"facility-{kind.pk}-all"
    fee = f"facility-{kind.pk}-{provider.pk}"
    answer = bela.post(page, {"starts_on": today, everybody: "500", own: "lots"})
    assert answer.status_code == 400
    assert ('value="lots"' in answer.content.decode(), b"is-invalid" in answer.content) == (True, True)
    assert bela.post(page, {"starts_on": "2020-01-01", everybody: "500"}).status_code == 400
    sent = {"starts_on": today, everybody: "500", own: "650", place: "40", fee: "55"}
    assert bela.post(page, sent).status_code == 302
    shown = bela.get(page).content.decode()
    assert [f'name="{name}" value="{typed}"' in shown for name, typed in
            ((everybody, "500.00"), (own, "650.00"), (place, "40.00"), (fee, "55.00"))] == [True] * 4  # fmt: skip
    assert bela.post(page, {"starts_on": today, own: "", fee: ""}).status_code == 302
    with riverside.inside():
        assert sorted(VisitPrice.objects.values_list("part", "amount")) == [("facility", D("40")), ("visit", D("500"))]


def test_the_grid_asks_equally_often_for_three_types(
    riverside: Any, people: dict[str, User], listed: Any, web: Callable[..., Client]
) -> None:
    made, kind, _provider = listed
    bela, page = web(riverside, people["bela"]), f"/billing/price-lists/{made.pk}/visits/"

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert bela.get(page).status_code == 200
        return len(queries)

    asked()
    before = asked()
    with riverside.inside(by=people["ada"]):
        more = [AppointmentType.objects.create(name=f"Type {n}", duration_minutes=5, rate="9") for n in range(2)]
        rows = [(one, None, "visit", "5") for one in (kind, *more)]
        set_visit_prices(made, rows, starts_on=None, by=people["bela"], at=AT)
        set_visit_prices(made, [(more[0], None, "visit", "6")], starts_on=TOMORROW, by=people["bela"], at=AT)
    assert asked() == before


def test_a_program_sets_and_reads_them(
    riverside: Any, people: dict[str, User], listed: Any, api: Callable[..., Any]
) -> None:
    made, kind, provider = listed
    bela, address = api(riverside, people["bela"]), f"/api/v1/price-lists/{made.pk}/visit-prices/"
    one = {"appointment_type": str(kind.pk), "amount": "500.00"}
    assert bela.post(address, {"prices": [{**one, "provider": str(uuid4())}]}).status_code == 400
    assert bela.post(address, {"prices": [{**one, "part": "room"}]}).status_code == 400
    answer = bela.post(address, {"prices": [one, {**one, "provider": str(provider.pk), "amount": "650.00"}]})
    assert (answer.status_code, len(answer.json())) == (201, 2)
    rows = bela.get(address).json()["results"]
    assert {(row["provider"], row["part"], row["amount"]) for row in rows} == {
        (None, "visit", "500.00"),
        (str(provider.pk), "visit", "650.00"),
    }


def test_ada_sets_them_in_the_administration(
    riverside: Any, people: dict[str, User], listed: Any, web: Callable[..., Client]
) -> None:
    made, kind, provider = listed
    ada, here = web(riverside, people["ada"]), "/administration/billing/visitprice/"
    today = ada.get(f"/billing/price-lists/{made.pk}/visits/").context["form"]["starts_on"].value()
    typed = {"price_list": made.pk, "appointment_type": kind.pk, "provider": provider.pk, "part": "facility"}
    for wrong in ({"amount": "-1", "starts_on": today}, {"amount": "40", "starts_on": "2020-01-01"}):
        assert ada.post(f"{here}add/", typed | wrong).status_code == 200
    assert ada.post(f"{here}add/", typed | {"amount": "40", "starts_on": today}).status_code == 302
    with riverside.inside():
        price = VisitPrice.objects.get()
        assert (price.provider, price.part, price.amount) == (provider, "facility", D("40"))
    later = today + timedelta(days=7)
    assert ada.post(f"{here}{price.pk}/change/", {"amount": "45", "starts_on": later}).status_code == 302
    with riverside.inside():
        assert list(VisitPrice.objects.order_by("starts_on").values_list("amount", "ends_on")) == [
            (D("40"), later - timedelta(days=1)), (D("45"), None),
        ]  # fmt: skip


def test_ada_chooses_about_the_money_in_the_administration(
    riverside: Any, people: dict[str, User], web: Callable[..., Client]
) -> None:
    ada, here = web(riverside, people["ada"]), "/administration/billing/billingsettings/"
    assert ada.post(f"{here}add/", {"credit_by_itself": "on"}).status_code == 302
    with riverside.inside():
        chosen = BillingSettings.objects.get()
        assert chosen.credit_by_itself
    assert ada.post(f"{here}add/", {"credit_by_itself": "on"}).status_code == 302  # the same row
    assert ada.post(f"{here}{chosen.pk}/change/", {}).status_code == 302
    with riverside.inside():
        assert not BillingSettings.objects.get().credit_by_itself
