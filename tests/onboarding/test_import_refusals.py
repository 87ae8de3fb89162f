"""What an import refuses is told with the money that stays out, and nothing of it comes in by half."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from apps.accounts.models import User
from apps.billing.models import Invoice
from apps.ledger import closing
from apps.patients.models import Patient
from tests.onboarding.synthea_scene import balance, bring, everything, held, our

ODD_YEAR = "has a year that cannot be right"

# --- days that cannot be ---------------------------------------------------------------------------------------------


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


def close_books(clinic, day):
    with clinic.inside():
        closing.close(day, by=User.objects.get(email="lena@lakeside.example"), at=timezone.now())
