"""What a visit costs: providers' own fees, facility fees, returns; rules, pages and API."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.clinic import providers
from apps.core.clock import day_of
from apps.scheduling import attendance, catalogue, own_fees
from apps.scheduling.booking import book
from apps.scheduling.fees import charges_for, charges_of
from apps.scheduling.models import Appointment, AppointmentType, Fee
from apps.scheduling.own_fees import BadFee, end_fee, set_fee
from tests.scheduling.scene import MONDAY, Scene


def cost(scene: Scene, day: date = MONDAY, **more: Any) -> list[tuple[str, Decimal, Decimal]]:
    asked = {"provider": scene.dr_rao, "appointment_type": scene.visit, "day": day, **more}
    return [(one.description, one.price, one.discount_percent) for one in charges_of(**asked)]


def seen(scene: Scene, day: date, *, kind: AppointmentType | None = None) -> Appointment:
    """Asha comes to Dr Rao on a day and is seen."""
    starts = scene.when("10:00", day)
    visit = book(
        patient=scene.asha,
        provider=scene.dr_rao,
        appointment_type=kind or scene.visit,
        starts_at=starts,
        by=scene.dora,
        at=scene.at,
    )
    attendance.arrive(visit, by=scene.dora, at=starts)
    attendance.start(visit, by=scene.rao, at=starts)
    return attendance.complete(visit, by=scene.rao, at=starts + timedelta(minutes=20))


def test_a_provider_without_a_fee_costs_what_the_type_costs(scene: Scene) -> None:
    set_fee(scene.dr_rao, scene.visit, rate="800", **scene.admin)
    assert cost(scene) == [("Half hour", Decimal(800), 0)]
    assert cost(scene, provider=scene.dr_sen) == [("Half hour", Decimal(500), 0)]


def test_a_fee_holds_from_its_day_until_the_next(scene: Scene) -> None:
    friday = MONDAY + timedelta(days=4)
    set_fee(scene.dr_rao, scene.visit, rate="900", effective_from=friday, **scene.admin)
    set_fee(scene.dr_rao, scene.visit, rate="800", **scene.admin)
    rates = [cost(scene, MONDAY + timedelta(days=n))[0][1] for n in range(6)]
    assert rates == [800, 800, 800, 800, 900, 900]
    end_fee(scene.dr_rao, scene.visit, effective_from=friday + timedelta(days=1), **scene.admin)
    assert cost(scene, friday + timedelta(days=1))[0][1] == 500


def test_changed_twice_on_a_day_the_last_word_counts(scene: Scene) -> None:
    for rate in ("700", "750"):
        set_fee(scene.dr_rao, scene.visit, rate=rate, **scene.admin)
    assert [fee.rate for fee in Fee.objects.all()] == [750]


def test_fees_of_the_past_stay(scene: Scene) -> None:
    with pytest.raises(BadFee):
        set_fee(scene.dr_rao, scene.visit, rate="1", effective_from=MONDAY - timedelta(days=1), **scene.admin)


def test_no_two_fees_on_a_day_for_any_writer(scene: Scene) -> None:
    set_fee(scene.dr_rao, scene.visit, rate="800", **scene.admin)
    with pytest.raises(IntegrityError, match="one_fee_a_day"), transaction.atomic():
        Fee.objects.create(
            provider=scene.dr_rao,
            appointment_type=scene.visit,
            rate=1,
            effective_from=MONDAY + timedelta(days=40),
            set_by=scene.ada,
            set_at=scene.at,
        )


def test_the_facility_fee_is_a_charge_of_its_own(scene: Scene) -> None:
    words = {"facility_rate": "150", "facility_tax_name": "GST", "facility_tax_rate": "18"}
    scene.visit = catalogue.amend_type(scene.visit, **words, **scene.admin)
    assert cost(scene) == [("Half hour", Decimal(500), 0), ("Facility fee", Decimal(150), 0)]
    set_fee(scene.dr_rao, scene.visit, rate="800", facility_rate="0", **scene.admin)
    assert cost(scene) == [("Half hour", Decimal(800), 0)]
    set_fee(scene.dr_rao, scene.visit, rate="800", facility_rate="99.50", **scene.admin)
    assert cost(scene)[1] == ("Facility fee", Decimal("99.50"), 0)


def test_a_return_within_the_days_is_free_and_says_of_which_visit(scene: Scene) -> None:
    scene.visit = catalogue.amend_type(scene.visit, follow_up_days=7, **scene.admin)
    first = seen(scene, MONDAY)
    assert charges_for(first)[0].discount_percent == 0
    [again] = charges_of(
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        day=MONDAY + timedelta(days=7),
        patient=scene.asha,
    )
    assert (again.discount_percent, again.net) == (100, 0)
    assert first.number in again.description and "7 days" in again.description
    for other in (
        {"day": MONDAY + timedelta(days=8)},
        {"provider": scene.dr_sen, "day": MONDAY + timedelta(days=3)},
        {"patient": scene.ben, "day": MONDAY + timedelta(days=3)},
    ):
        [later] = charges_of(
            **{"provider": scene.dr_rao, "appointment_type": scene.visit, "patient": scene.asha, **other}
        )
        assert later.discount_percent == 0


def test_free_returns_do_not_prolong_themselves(scene: Scene) -> None:
    scene.visit = catalogue.amend_type(scene.visit, follow_up_days=7, **scene.admin)
    visits = [seen(scene, MONDAY + timedelta(days=days)) for days in (0, 4, 9)]
    assert [charges_for(one)[0].discount_percent for one in visits] == [0, 100, 0]


def test_a_cheaper_return_of_another_type(scene: Scene) -> None:
    back = catalogue.add_type(
        name="Follow-up", duration_minutes=15, rate="300", follow_up_days=10, follow_up_percent="50", **scene.admin
    )
    assert cost(scene, appointment_type=back, patient=scene.asha)[0][2] == 0
    seen(scene, MONDAY)
    [charge] = charges_of(
        provider=scene.dr_rao, appointment_type=back, day=MONDAY + timedelta(days=2), patient=scene.asha
    )
    assert charge.net == Decimal(150)


def test_several_fees_are_saved_together_or_not_at_all(scene: Scene) -> None:
    changes = [(scene.dr_rao, scene.visit, "800"), (scene.dr_sen, scene.visit, "many")]
    with pytest.raises(BadFee) as refused:
        own_fees.set_fees(changes, effective_from=MONDAY, **scene.admin)
    assert refused.value.details == {"provider": str(scene.dr_sen.pk), "type": str(scene.visit.pk)}
    assert not Fee.objects.exists()
    changes[1] = (scene.dr_sen, scene.visit, "")
    assert own_fees.set_fees(changes, effective_from=MONDAY, **scene.admin) == 1
    assert own_fees.set_fees([(scene.dr_rao, scene.visit, "")], effective_from=MONDAY, **scene.admin) == 1
    assert not Fee.objects.exists()


def test_types_refuse_rules_that_make_no_sense(scene: Scene) -> None:
    for field, words in {
        "follow_up_percent": {"follow_up_percent": "101"},
        "follow_up_days": {"follow_up_days": 400},
        "facility_tax_name": {"facility_rate": "10", "facility_tax_rate": "5"},
        "cancel_fee_value": {"cancel_fee_kind": "percent", "cancel_fee_value": "150"},
        "no_show_fee_value": {"no_show_fee_kind": "fixed", "no_show_fee_value": "0"},
        "cancel_fee_kind": {"cancel_fee_kind": "sometimes"},
        "cancel_free_hours": {"cancel_free_hours": 10_000},
    }.items():
        with pytest.raises(catalogue.BadType) as refused:
            catalogue.amend_type(scene.visit, **words, **scene.admin)
        assert refused.value.field == field


@pytest.fixture
def office(riverside: Any, cast: Any, web: Any, api: Any) -> Any:
    class Office:
        ada = web(riverside, cast.ada)
        sara = web(riverside, cast.sara)
        api_ada = api(riverside, cast.ada)

    with riverside.inside(by=cast.ada):
        at = timezone.now()
        Office.today = day_of(at, ZoneInfo("Asia/Kolkata"))
        Office.kind = catalogue.add_type(
            name="Consultation", duration_minutes=30, rate="500", facility_rate="100", by=cast.ada, at=at
        )
        Office.rao = providers.add_provider(name="Dr Rao", by=cast.ada, at=at)
    return Office


def test_a_fee_is_changed_in_the_grid(office: Any, riverside: Any) -> None:
    page = office.ada.get("/set-up/fees/").content.decode()
    name = f"fee-{office.rao.pk}-{office.kind.pk}"
    assert f'name="{name}"' in page
    answer = office.ada.post("/set-up/fees/", {"effective_from": office.today, name: "800"})
    assert answer.status_code == 302
    with riverside.inside():
        assert Fee.objects.get().rate == 800
    wrong = office.ada.post("/set-up/fees/", {"effective_from": office.today, name: "eight hundred"})
    assert wrong.status_code == 400
    assert 'value="eight hundred"' in wrong.content.decode()
    assert office.ada.post("/set-up/fees/", {"effective_from": "2026-02-31", name: "1"}).status_code == 400


def test_one_fee_has_its_history(office: Any, riverside: Any) -> None:
    url = f"/set-up/providers/{office.rao.pk}/fees/{office.kind.pk}/"
    sent = {"rate": "800", "facility_rate": "0", "effective_from": office.today}
    assert office.ada.post(url, sent).status_code == 302
    assert "800" in office.ada.get(url).content.decode()
    assert office.ada.post(url, {**sent, "effective_from": "2020-01-01"}).status_code == 400
    assert office.ada.post(url, {"rate": "", "facility_rate": "", "effective_from": office.today}).status_code == 302
    with riverside.inside():
        assert not Fee.objects.exists()


def test_the_fee_is_shown_while_booking(office: Any) -> None:
    asked = {"provider": office.rao.pk, "appointment_type": office.kind.pk}
    words = office.sara.get("/schedule/booking/times/", asked).content.decode()
    assert "₹500" in words and "Facility fee" in words and "₹100" in words


def test_the_api_sets_fees_and_says_what_a_visit_costs(office: Any) -> None:
    sent = {"provider": office.rao.pk, "appointment_type": office.kind.pk, "rate": "800"}
    made = office.api_ada.post("/api/v1/fees/", sent, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["effective_from"] == str(office.today)
    costs = office.api_ada.get("/api/v1/costs/", {"provider": office.rao.pk, "type": office.kind.pk}).json()
    assert [(one["description"], one["total"]) for one in costs["results"]] == [
        ("Consultation", "800.000"),
        ("Facility fee", "100.000"),
    ]
    wrong = office.api_ada.post("/api/v1/fees/", {**sent, "rate": "-3"}, format="json")
    assert wrong.status_code == 400
    assert office.api_ada.get("/api/v1/fees/", {"provider": office.rao.pk}).json()["results"][0]["rate"] == "800.000"
