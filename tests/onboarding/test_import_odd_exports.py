"""What is odd about an export is put right where it can be, told otherwise, and never brought in by half."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError
from django.utils import timezone

from apps.accounts.models import User
from apps.billing.models import Invoice
from apps.ledger import closing
from apps.patients.models import Patient
from apps.scheduling import catalogue
from apps.scheduling.models import Appointment
from tests.onboarding.synthea_scene import SmallExport, balance, bring, everything, our

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


# --- days to come ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "column", "value", "line"),
    [
        ("people", "BIRTHDATE", "2190-01-01", "patients.csv line 2: BIRTHDATE lies in the future."),
        ("people", "DEATHDATE", "2190-01-01", "patients.csv line 2: DEATHDATE lies in the future."),
        ("visits", "START", "2199-06-01T14:00:00Z", "encounters.csv line 2: START lies in the future"),
        ("visits", "STOP", "2199-06-01T14:00:00Z", "encounters.csv line 2: STOP lies in the future"),
        ("claims", "LASTBILLEDDATE1", "2199-06-01T14:00:00Z", "claims.csv line 2: LASTBILLEDDATE1 lies in the future"),
        ("claims", "SERVICEDATE", "2199-06-01T14:00:00Z", "claims.csv line 2: SERVICEDATE lies in the future"),
    ],
)
def test_what_is_still_to_come_is_refused(small, lakeside, file, column, value, line):
    getattr(small, file)[0][column] = value
    small.charge("20.00")

    _, refused = small.bring()

    assert any(one.startswith(line) for one in refused)
    with lakeside.inside():
        assert not Invoice.objects.issued().exists()


ODD_YEAR = "has a year that cannot be right"


@pytest.mark.parametrize(
    ("file", "column", "line"),
    [
        ("visits", "START", "encounters.csv line 2: START"),
        ("visits", "STOP", "encounters.csv line 2: STOP"),
        ("claims", "LASTBILLEDDATE1", "claims.csv line 2: LASTBILLEDDATE1"),
        ("claims", "SERVICEDATE", "claims.csv line 2: SERVICEDATE"),
        ("transactions", "FROMDATE", "claims_transactions.csv line 2: FROMDATE"),
    ],
)
@pytest.mark.parametrize("value", ["1875-06-01T14:00:00Z", "1900-01-01T03:00:00Z"])  # 1899 in New York
def test_what_no_number_can_be_dated_is_refused_as_it_is_read(small, lakeside, file, column, line, value):
    small.charge("20.00")
    getattr(small, file)[0][column] = value

    _, refused = small.bring()

    assert f"{line} {ODD_YEAR}: “{value}”" in refused
    with lakeside.inside():
        assert not Invoice.objects.issued().exists()


def test_what_is_of_the_first_year_of_numbers_comes_in_dated_so(small, lakeside):
    small.people[0]["BIRTHDATE"] = "1870-05-01"
    moments = {"START": "1900-01-01T14:00:00Z", "STOP": "1900-01-01T14:15:00Z"}
    small.visits[0] |= moments
    small.charge("20.00", FROMDATE=moments["START"])

    _, refused = small.bring()

    assert refused == []
    with lakeside.inside():
        assert our("patient", "p", Patient).birth_date == date(1870, 5, 1)
        assert our("claim", "c", Invoice).number == "INV-1900-00001"


@pytest.mark.parametrize(("column", "value"), [("BIRTHDATE", "1849-12-31"), ("DEATHDATE", "1849-12-31")])
def test_nobody_of_before_1850_comes(small, lakeside, column, value):
    small.people[0][column] = value

    _, refused = small.bring()

    assert refused[0] == f"patients.csv line 2: {column} {ODD_YEAR}."


def test_a_payment_of_the_future_is_refused_alone(small, lakeside):
    small.charge("20.00")
    small.pay("10.00", FROMDATE="2199-06-01T14:00:00Z")
    small.pay("4.00")

    _, refused = small.bring()

    assert refused == ["claims_transactions.csv line 3: FROMDATE lies in the future: “2199-06-01T14:00:00Z”"]
    with lakeside.inside():
        assert (held(), balance("accounts_receivable")) == (4, 16)


def test_a_birth_after_the_visit_and_a_death_before_the_birth_are_told(small, lakeside):
    small.people[0] |= {"BIRTHDATE": "2023-01-01", "DEATHDATE": "1970-01-01"}
    small.charge("20.00")

    said, refused = small.bring()

    assert refused == []
    assert "patients.csv line 2: DEATHDATE lies before BIRTHDATE." in said
    assert "encounters.csv line 2: START lies before the patient's BIRTHDATE." in said
    with lakeside.inside():
        assert not our("patient", "p", Patient).is_active


def test_a_visit_that_began_a_moment_ago_is_billed_now(small, lakeside):
    """Without STOP it is taken to last a quarter of an hour; its bill does not wait for that."""
    began_at = timezone.now() - timedelta(minutes=2)
    small.visits[0] |= {"START": began_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "STOP": ""}
    small.charge("20.00", FROMDATE="")

    small.bring()

    with lakeside.inside():
        assert our("claim", "c", Invoice).issued_at <= timezone.now()


# --- what is missing in the books is on the list of refused rows -----------------------------------------------------


def money_of(small):
    small.charge("20.00")
    small.pay("15.00")
    small.adjust("0.00")


@pytest.mark.parametrize(
    ("file", "columns", "told"),
    [
        (
            "people",
            {"FIRST": "12", "LAST": ""},
            [
                "patients.csv line 2: given_name: A name has letters.",
                "encounters.csv line 2: Its patient was refused (patients.csv line 2).",
                "claims.csv line 2: Its encounter was refused (encounters.csv line 2).",
                "claims_transactions.csv line 2: CHARGE of 20.00. Its encounter was refused (encounters.csv line 2).",
                "claims_transactions.csv line 3: PAYMENT of 15.00. Its encounter was refused (encounters.csv line 2).",
            ],
        ),
        (
            "visits",
            {"START": "soon"},
            [
                "encounters.csv line 2: START is not a date and time: “soon”",
                "claims.csv line 2: Its encounter was refused (encounters.csv line 2).",
                "claims_transactions.csv line 2: CHARGE of 20.00. Its encounter was refused (encounters.csv line 2).",
                "claims_transactions.csv line 3: PAYMENT of 15.00. Its encounter was refused (encounters.csv line 2).",
            ],
        ),
        (
            "claims",
            {"SERVICEDATE": "soon"},
            [
                "claims.csv line 2: SERVICEDATE is not a date and time: “soon”",
                "claims_transactions.csv line 2: CHARGE of 20.00. Its claim was refused (claims.csv line 2).",
                "claims_transactions.csv line 3: PAYMENT of 15.00. Its claim was refused (claims.csv line 2).",
                "claims_transactions.csv line 4: ADJUSTMENT of 0.00. Its claim was refused (claims.csv line 2).",
            ],
        ),
    ],
)
def test_the_money_of_what_is_refused_is_told_with_it(small, lakeside, file, columns, told):
    money_of(small)
    getattr(small, file)[0] |= columns

    said, refused = small.bring()

    assert refused == told
    assert "odd" not in said
    with lakeside.inside():
        assert (held(), balance("accounts_receivable")) == (0, 0)


def test_the_money_of_a_claim_without_a_visit_is_told_with_it(small, lakeside):
    money_of(small)
    for row in (*small.claims, *small.transactions):
        row |= {"PATIENTID": "nobody", "APPOINTMENTID": ""}

    _, refused = small.bring()

    assert refused == [
        "claims.csv line 2: Patient nobody is not known: see patients.csv.",
        "claims_transactions.csv line 2: CHARGE of 20.00. Patient nobody is not known: see patients.csv.",
        "claims_transactions.csv line 3: PAYMENT of 15.00. Patient nobody is not known: see patients.csv.",
    ]


def test_a_visit_without_an_id_keeps_no_claim_without_a_visit_out(small, lakeside):
    small.visits[0]["Id"] = ""
    small.claims[0]["APPOINTMENTID"] = ""
    small.charge("20.00")

    _, refused = small.bring()

    assert refused == ["encounters.csv line 2: ID is empty."]
    with lakeside.inside():
        assert balance("accounts_receivable") == 20


def test_a_line_of_another_length_takes_its_money_along(small, lakeside):
    money_of(small)
    small.bring()
    claims = small.folder / "claims.csv"
    claims.write_text(claims.read_text(encoding="utf-8").replace("c,p,e,,", "c2,p,e"), encoding="utf-8")
    rows = small.folder / "claims_transactions.csv"
    rows.write_text(rows.read_text(encoding="utf-8").replace(",c,", ",c2,").replace("t-", "u-"), encoding="utf-8")
    list_ = small.folder / "refused.txt"

    bring(small.folder, refused=list_)

    assert list_.read_text(encoding="utf-8").splitlines()[:2] == [
        "claims.csv line 2: This line has 3 fields, the header names 5.",
        "claims_transactions.csv line 2: CHARGE of 20.00. Its claim was refused (claims.csv line 2).",
    ]


def test_what_was_odd_goes_with_the_visit_that_is_rolled_back(small, lakeside):
    small.charge("999999999.99")
    small.charge("999999999.99")
    small.pay("5.00", METHOD="BARTER")
    small.visits[0]["PROVIDER"] = ""

    said, refused = small.bring()

    assert refused == [
        "encounters.csv line 2: amount: The total of this invoice is too large.",
        "claims.csv line 2: Its encounter was refused (encounters.csv line 2).",
        "claims_transactions.csv line 2: CHARGE of 999999999.99. Its encounter was refused (encounters.csv line 2).",
        "claims_transactions.csv line 3: CHARGE of 999999999.99. Its encounter was refused (encounters.csv line 2).",
        "claims_transactions.csv line 4: PAYMENT of 5.00. Its encounter was refused (encounters.csv line 2).",
    ]
    assert "odd" not in said


def test_only_the_money_that_is_not_in_is_missing(small, lakeside):
    """The visit and its charge came in before; a second claim is refused with the visit."""
    small.charge("20.00")
    small.bring()
    small.charge("999999999.99")
    small.charge("999999999.99")

    _, refused = small.bring()

    assert [one.partition(". ")[0] for one in refused[2:]] == [
        "claims_transactions.csv line 3: CHARGE of 999999999.99",
        "claims_transactions.csv line 4: CHARGE of 999999999.99",
    ]


# --- closed days -----------------------------------------------------------------------------------------------------


def test_nothing_of_closed_days_comes_in_by_half(small, lakeside):
    close_books(lakeside, date(2022, 6, 1))
    small.charge("20.00")
    small.pay("15.00", FROMDATE="2022-06-05T14:00:00Z")

    with pytest.raises(CommandError, match=r"closed up to 1 Jun 2022.*encounters\.csv line 2"):
        small.bring()

    with lakeside.inside():
        assert not Patient.objects.exists()


def test_a_payment_of_closed_days_keeps_all_of_it_out(small, lakeside):
    close_books(lakeside, date(2022, 5, 1))
    small.charge("20.00")
    small.pay("15.00", FROMDATE="2022-04-05T14:00:00Z")

    with pytest.raises(CommandError, match=r"claims_transactions\.csv line 3"):
        small.bring()


def test_books_closed_after_an_import_let_it_run_again(small, lakeside):
    small.charge("20.00")
    small.pay("15.00")
    small.bring()
    close_books(lakeside, date(2022, 12, 31))
    before = everything(lakeside)

    _, refused = small.bring()

    assert refused == []
    assert everything(lakeside) == before


def test_what_came_after_the_closed_days_comes_in(small, lakeside):
    close_books(lakeside, date(2022, 5, 31))
    small.charge("20.00")
    small.pay("15.00")

    small.bring()

    with lakeside.inside():
        assert (held(), balance("accounts_receivable")) == (15, 5)


# ---------------------------------------------------------------------------------------------------------------------


def held():
    """The money that has come in and was not given back."""
    return sum((balance(role) for role in MONEY), Decimal(0))


def close_books(clinic, day):
    with clinic.inside():
        closing.close(day, by=User.objects.get(email="lena@lakeside.example"), at=timezone.now())
