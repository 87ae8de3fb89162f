"""What is odd about an export is put right where it can be, and told otherwise."""

from decimal import Decimal

import pytest

from apps.billing.models import Invoice
from apps.patients.models import Patient
from apps.scheduling import catalogue
from apps.scheduling.models import Appointment
from tests.onboarding.synthea_scene import balance, bring, everything, held, our

# --- a second run ----------------------------------------------------------------------------------------------------


def test_the_dead_stay_dead_where_a_row_is_refused_again(small, lakeside):
    small.people[0]["DEATHDATE"] = "2023-01-01"
    small.charge("10.00")
    small.pay("-50.00")
    small.bring()
    before = everything(lakeside)

    _, refused = small.bring()

    assert everything(lakeside) == before
    assert refused == ["claims_transactions.csv line 3: More is given back than was paid on this claim."]
    with lakeside.inside():
        assert not our("patient", "p", Patient).is_active


def test_what_comes_in_after_a_death_leaves_its_reason_as_it_stood(small, lakeside):
    small.people[0]["DEATHDATE"] = "2023-01-01"
    small.charge("10.00")
    small.bring()
    with lakeside.inside():
        closed = our("patient", "p", Patient)

    small.pay("4.00")
    small.bring()

    with lakeside.inside():
        again = our("patient", "p", Patient)
        assert balance("accounts_receivable") == 6
        assert (again.is_active, again.deactivated_at) == (False, closed.deactivated_at)
        assert again.deactivated_reason == "Died on 2023-01-01."


@pytest.mark.parametrize("paid_at", ["2022-06-01T14:00:00Z", "2022-06-05T14:00:00Z"])
def test_what_is_given_back_before_it_was_paid_comes_in_at_once(small, lakeside, paid_at):
    small.charge("20.00")
    small.pay("-5.00")
    small.pay("10.00", FROMDATE=paid_at)

    _, refused = small.bring()
    before = everything(lakeside)
    small.bring()

    assert refused == []
    assert everything(lakeside) == before
    with lakeside.inside():
        assert held() == 5
        assert balance("accounts_receivable") == 15


def test_a_visit_that_went_on_is_completed_when_its_end_is_known(small, lakeside):
    small.visits[0]["STOP"] = ""
    small.charge("50.00")
    small.pay("1.00")
    small.bring()

    small.visits[0]["STOP"] = "2022-06-01T15:30:00Z"
    small.bring()

    with lakeside.inside():
        visit = our("encounter", "e", Appointment)
        assert (visit.status, f"{visit.completed_at:%H:%M}") == ("completed", "15:30")
        assert balance("accounts_receivable") == 49
        assert not Invoice.objects.drafts().exists()
    before = everything(lakeside)
    small.bring()
    assert everything(lakeside) == before


# --- what a kind of visit costs, who is seen -------------------------------------------------------------------------


@pytest.mark.parametrize("cost", ["999999999999", "999999999.999", "n/a"])
def test_a_fee_that_cannot_be_one_is_left_out_and_told(small, lakeside, cost):
    small.visits[0] |= {"DESCRIPTION": "Something new", "BASE_ENCOUNTER_COST": cost}
    small.charge("10.00")

    said, refused = small.bring()

    assert refused == []
    assert "1 row was odd and is in:" in said
    assert "encounters.csv line 2: BASE_ENCOUNTER_COST" in said
    with lakeside.inside():
        visit = our("encounter", "e", Appointment)
        assert (visit.appointment_type.name, visit.appointment_type.rate) == ("Something new", 0)
        assert balance("accounts_receivable") == 10


def test_a_kind_of_visit_that_the_clinic_will_not_offer_refuses_its_own_visit_only(small, lakeside, monkeypatch):
    small.visits.append(small.visits[0] | {"Id": "e2", "START": "2022-06-02T14:00:00Z", "STOP": "2022-06-02T14:15:00Z"})
    small.visits[0]["DESCRIPTION"] = "Not here"
    small.charge("10.00")
    offer = catalogue.add_type

    def refuse_one(*, name, **details):
        if name == "Not here":
            raise catalogue.BadType("Not in this clinic.")
        return offer(name=name, **details)

    monkeypatch.setattr(catalogue, "add_type", refuse_one)

    _, refused = small.bring()

    assert "encounters.csv line 2: Not in this clinic." in refused
    with lakeside.inside():
        assert our("encounter", "e2", Appointment).status == "completed"


def test_visits_without_a_provider_are_those_of_an_unnamed_one_of_their_organization(small, lakeside):
    small.visits[0]["PROVIDER"] = ""
    for day, (id_, organization) in enumerate({"e2": "o", "e3": "other"}.items(), start=2):
        moments = {"START": f"2022-06-0{day}T14:00:00Z", "STOP": f"2022-06-0{day}T14:15:00Z"}
        small.visits.append(small.visits[0] | moments | {"Id": id_, "ORGANIZATION": organization})
    small.charge("10.00")

    said, refused = small.bring()

    assert refused == []
    assert "encounters.csv line 2: No PROVIDER is named: “Unnamed provider (o)”." in said
    with lakeside.inside():
        seen_by = [our("encounter", id_, Appointment).provider for id_ in ("e", "e2", "e3")]
        assert [one.name for one in seen_by] == [
            "Unnamed provider (o)",
            "Unnamed provider (o)",
            "Unnamed provider (other)",
        ]
        assert seen_by[0] == seen_by[1]
        assert balance("accounts_receivable") == 10


# --- charges, payments, adjustments ----------------------------------------------------------------------------------


def test_an_adjustment_below_zero_makes_the_bill_dearer(small, lakeside):
    small.charge("20.00")
    small.adjust("-5.00")
    small.pay("25.00")

    said, refused = small.bring()

    assert refused == []
    assert "2 charges: 25.00 USD" in said
    with lakeside.inside():
        bill = our("claim", "c", Invoice)
        assert (bill.total, bill.due) == (25, 0)
        assert balance("patient_credit") == 0
    before = everything(lakeside)
    small.bring()
    assert everything(lakeside) == before


@pytest.mark.parametrize("units", ["1000000", "0.00001", "three"])
def test_units_that_no_line_may_have_are_charged_as_one_and_told(small, lakeside, units):
    each = "1000" if units == "0.00001" else "1"
    small.charge({"1000000": "1000000.00", "0.00001": "0.01", "three": "3.00"}[units], UNITS=units, UNITAMOUNT=each)

    said, refused = small.bring()

    assert refused == []
    assert "claims_transactions.csv line 2: UNITS" in said
    with lakeside.inside():
        [line] = our("claim", "c", Invoice).lines.all()
        assert (line.quantity, line.total) == (1, Decimal(small.transactions[0]["AMOUNT"]))


def test_units_are_nothing_that_a_payment_is_refused_for(small, lakeside):
    small.charge("20.00")
    small.pay("20.00", UNITS="some")

    said, refused = small.bring()

    assert (refused, "odd" in said) == ([], False)


def test_a_figure_beside_a_zero_is_the_amount(small, lakeside):
    small.charge("20.00")
    small.pay("0", AMOUNT="10.00")
    small.adjust("0", AMOUNT="5.00")

    small.bring()

    with lakeside.inside():
        assert (held(), balance("accounts_receivable")) == (10, 5)


# --- names and words -------------------------------------------------------------------------------------------------


def test_a_person_of_one_name_is_a_patient(small, lakeside):
    small.people[0] |= {"FIRST": "", "LAST": "Ash2"}

    _, refused = small.bring()

    assert refused == []
    with lakeside.inside():
        assert our("patient", "p", Patient).full_name == "Ash2"


def test_a_field_that_begins_with_a_quotation_mark_is_read_as_it_stands(small, lakeside):
    small.charge("20.00", NOTES="Catheter")
    small.charge("5.00", NOTES='Two lines,\nas "quoted" CSV has them')
    small.write()
    for file, words, odd in (
        ("encounters.csv", "Encounter for problem", '"Well child" visit'),
        ("claims_transactions.csv", "Catheter", '"5" catheter" of steel'),
    ):
        path = small.folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(words, odd), encoding="utf-8")

    bring(small.folder)

    with lakeside.inside():
        assert our("encounter", "e", Appointment).appointment_type.name == '"Well child" visit'
        lines = our("claim", "c", Invoice).lines.all()
        assert [line.description for line in lines] == [
            '"5" catheter" of steel',
            'Two lines,\nas "quoted" CSV has them',
        ]
