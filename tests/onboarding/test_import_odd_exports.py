"""What is odd about an export is put right where it can be, told otherwise, and never brought in by half."""

from decimal import Decimal

import pytest

from apps.billing.models import Invoice
from apps.patients.models import Patient
from apps.scheduling.models import Appointment
from tests.onboarding.synthea_scene import SmallExport, balance, everything, our

MONEY = ("cash", "card", "upi", "bank")


@pytest.fixture
def small(tmp_path):
    return SmallExport(tmp_path)


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


# ---------------------------------------------------------------------------------------------------------------------


def held():
    """The money that has come in and was not given back."""
    return sum((balance(role) for role in MONEY), Decimal(0))
