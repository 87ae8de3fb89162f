"""Who owes how much for how long: against days worked out by hand, and against the books on any day."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditEvent
from apps.billing import invoicing
from apps.billing.paying import payments, refunds
from apps.ledger import balances
from apps.ledger.models import Account
from apps.patients import merging
from apps.reports.ageing import AMOUNTS, Ageing
from tests.cast import ada_at_work
from tests.kept import keep, undone
from tests.patients.factories import PatientFactory

AR = Account.Role.ACCOUNTS_RECEIVABLE
DAY = date(2026, 3, 31)


def at(day, hour=12):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def charged(patient, amount, *, due, by):
    """An invoice that was issued, and due, on this day."""
    made = invoicing.draft(patient, by=by, at=at(due))
    invoicing.add_charge(made, description="Consultation", unit_price=amount, by=by, at=at(due))
    made = invoicing.issue(made, by=by, at=at(due), issue_date=due)
    assert made.due_on == due
    return made


@keep
def kept_debts():
    """Asha owes 100 in each bucket, Ben 250.00 of 400.00 since February, Cara has paid."""
    with ada_at_work() as ada:
        asha, ben, cara = (PatientFactory(by=ada, given_name=name) for name in ("Asha", "Ben", "Cara"))
        for days in (0, 1, 31, 61, 91):
            charged(asha, 100, due=DAY - timedelta(days=days), by=ada)
        invoice = charged(ben, 400, due=date(2026, 2, 10), by=ada)
        payments.receive(ben, method="cash", amount=150, invoices=[invoice], by=ada, at=at(date(2026, 3, 1)))
        paid = charged(cara, 70, due=date(2026, 3, 1), by=ada)
        payments.receive(cara, method="card", amount=70, invoices=[paid], by=ada, at=at(date(2026, 3, 2)))
    return asha, ben, cara


@pytest.fixture
def debts(kept_debts):
    return kept_debts


def told(ageing):
    return {debtor.person: [int(debtor.amounts[key]) for key in AMOUNTS] for debtor in ageing}


def test_each_invoice_is_as_old_as_its_due_day(riverside, cast, debts):
    asha, ben, _cara = debts
    with riverside.inside(by=cast.ada):
        ageing = Ageing(day=DAY)
        assert told(ageing) == {asha.pk: [100, 100, 100, 100, 100, 500], ben.pk: [0, 0, 250, 0, 0, 250]}
        assert [int(ageing.totals[key]) for key in AMOUNTS] == [100, 100, 350, 100, 100, 750]
        assert (len(ageing), ageing.invoices) == (2, 6)


@pytest.mark.parametrize(("days", "bucket"), [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)])
def test_the_edges_of_the_buckets(riverside, cast, days, bucket):
    with riverside.inside(by=cast.ada):
        patient = PatientFactory(by=cast.ada)
        charged(patient, 10, due=DAY - timedelta(days=days), by=cast.ada)
        [amounts] = told(Ageing(day=DAY)).values()
    assert [place for place, amount in enumerate(amounts[:5]) if amount] == [bucket]


def test_a_day_of_the_past_is_told_as_it_was(riverside, cast, debts):
    asha, ben, cara = debts
    with riverside.inside(by=cast.ada):
        assert told(Ageing(day=date(2026, 3, 1))) == {
            asha.pk: [0, 100, 100, 100, 0, 300],  # of 28 February, 29 January, 30 December
            ben.pk: [0, 250, 0, 0, 0, 250],
            cara.pk: [70, 0, 0, 0, 0, 70],
        }
        assert told(Ageing(day=date(2026, 2, 28)))[ben.pk] == [0, 400, 0, 0, 0, 400]


def test_what_the_books_learned_later_is_left_out(riverside, cast, debts):
    _asha, ben, _cara = debts
    with riverside.inside(by=cast.ada):
        late = charged(ben, 33, due=date(2026, 2, 1), by=cast.ada)
        invoicing.void(late, by=cast.ada, at=at(date(2026, 4, 2)), reason="Entered for the wrong patient.")
        before = Ageing(day=DAY, known_at=at(date(2026, 2, 20)))
        assert told(before)[ben.pk][-1] == 433, "the payment of March was not known"
        assert told(Ageing(day=DAY))[ben.pk][-1] == 283, "the void came in April"
        assert told(Ageing(day=date(2026, 4, 2)))[ben.pk][-1] == 250


def test_records_that_were_merged_are_one_person(riverside, cast, debts):
    asha, ben, _cara = debts
    with riverside.inside(by=cast.ada):
        merging.merge(asha, ben, by=cast.ada, at=at(DAY), reason="The same person.")
        assert told(Ageing(day=DAY)) == {asha.pk: [100, 100, 350, 100, 100, 750]}


def test_who_is_overdue_longest_comes_first_if_asked(riverside, cast, debts):
    asha, ben, _cara = debts
    with riverside.inside(by=cast.ada):
        charged(ben, 1000, due=DAY, by=cast.ada)
        assert [debtor.person for debtor in Ageing(day=DAY)] == [ben.pk, asha.pk]
        assert [debtor.person for debtor in Ageing(day=DAY, order="age")] == [asha.pk, ben.pk]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "pay", "refund", "void"]), st.integers(0, 2), st.integers(1, 300), st.integers(0, 9)
    ),
    max_size=14,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS)
def test_on_every_day_it_is_what_the_books_say(riverside, cast, steps):
    first = date(2026, 1, 1)
    with riverside.inside(by=cast.ada), undone():
        patients = [PatientFactory(by=cast.ada) for _ in range(3)]
        for number, (what, who, amount, later) in enumerate(steps):
            moment = at(first + timedelta(days=10 * number + later))
            owed = [one for one in patients[who].invoices.issued() if one.due]
            taken = [one for one in patients[who].payments.all() if one.refundable]
            if what == "issue":
                charged(patients[who], amount, due=moment.date(), by=cast.ada)
            elif what == "pay" and owed:
                payments.receive(
                    patients[who], method="cash", amount=min(amount, owed[0].due), invoices=owed, by=cast.ada, at=moment
                )
            elif what == "refund" and taken:
                refunds.refund(
                    taken[0], amount=min(amount, taken[0].refundable), reason="Too much", by=cast.ada, at=moment
                )
            elif what == "void" and owed:
                invoicing.void(owed[0], by=cast.ada, at=moment, reason="Wrong", disposition="credit")
        for days in range(0, 160, 20):
            day = first + timedelta(days=days)
            assert Ageing(day=day).totals["total"] == balances.balance(AR, effective_on=day)
            known = at(day)
            late = first + timedelta(days=200)
            assert Ageing(day=late, known_at=known).totals["total"] == balances.balance(
                AR, effective_on=late, known_at=known
            )


# --- as people open it ------------------------------------------------------------------------------------------------


@pytest.fixture
def ada(web, riverside, cast, debts):
    return web(riverside, cast.ada)


ASKED = "?day=2026-03-31"


def test_the_page_shows_names_amounts_and_the_way_to_the_account(ada, debts):
    page = ada.get(f"/reports/ageing/{ASKED}").content.decode()
    assert "2 patients owe ₹750.00" in page and "Receivables, Tue 31 Mar 2026" in page
    assert f'href="/billing/patients/{debts[0].pk}/"' in page and '<bdi class="quiet">Asha' in page
    assert "style=" not in page


def test_nobody_owes_anything_before_the_clinic_opened(ada):
    assert "Nobody owes anything" in ada.get("/reports/ageing/?day=1999-01-01").content.decode()


@pytest.mark.parametrize("query", ["?day=x", "?day=0001-01-01", "?known=2026-02-30", "?order=name"])
def test_what_makes_no_sense_is_refused_in_words(ada, query):
    assert ada.get(f"/reports/ageing/{query}").status_code == 400
    assert ada.get(f"/reports/ageing.csv{query}").status_code == 400


@pytest.mark.parametrize("number", ["0", "x", "999999999999999999999", "-1"])
def test_a_page_that_is_not_there_is_the_nearest(ada, number):
    assert ada.get(f"/reports/ageing/{ASKED}&page={number}").status_code == 200


def test_the_sheet_has_plain_numbers_and_the_totals(ada, riverside, cast, debts):
    with riverside.inside(by=cast.ada):
        charged(debts[2], 5, due=DAY, by=cast.ada)
    answer = ada.get(f"/reports/ageing.csv{ASKED}")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][4:10] == ["Not due yet", "1–30 days", "31–60 days", "61–90 days", "Over 90 days", "Total"]
    assert rows[1][2:] == ["5", "91", "100.00", "100.00", "100.00", "100.00", "100.00", "500.00", "INR"]
    assert rows[3][1].startswith("Cara")
    assert rows[-1][4:] == ["105.00", "100.00", "350.00", "100.00", "100.00", "755.00", "INR"]


def test_the_api_tells_the_same(riverside, cast, api, debts):
    answer = api(riverside, cast.ada).get(f"/api/v1/receivables-ageing/{ASKED}&page_size=1")
    told = answer.json()
    assert (told["count"], told["day"], told["totals"]["total"]) == (2, "2026-03-31", "750.00")
    [debtor] = told["results"]
    assert (debtor["patient"], debtor["invoices"], debtor["days_overdue"]) == (str(debts[0].pk), 5, 91)
    assert api(riverside, cast.ada).get(told["next"]).json()["results"][0]["amounts"]["to_60"] == "250.00"
    for query in ("day=x", "day=9999-12-31", "known_at=yesterday", "order=name"):
        assert api(riverside, cast.ada).get(f"/api/v1/receivables-ageing/?{query}").status_code == 400


@pytest.mark.parametrize("path", ["/reports/ageing/", "/reports/ageing.csv", "/api/v1/receivables-ageing/"])
def test_whoever_is_shown_was_read(web, api, riverside, cast, debts, path):
    asha, ben, _cara = debts
    assert (api if "/api/" in path else web)(riverside, cast.ada).get(f"{path}{ASKED}").status_code == 200
    with riverside.inside(by=cast.ada):
        read = AuditEvent.objects.filter(action="read", actor=f"user:{cast.ada.pk}", patient_id__isnull=False)
        assert set(read.values_list("patient_id", flat=True)) == {asha.pk, ben.pk}


def test_lakeside_sees_nothing_of_it(web, lakeside, cast, debts):
    assert "Nobody owes anything" in web(lakeside, cast.lena).get(f"/reports/ageing/{ASKED}").content.decode()


def test_more_debtors_cost_no_more_questions(ada, riverside, cast, debts):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert ada.get(f"/reports/ageing/{ASKED}").status_code == 200
        return len(asked)

    questions()  # what is looked up once
    few = questions()
    with riverside.inside(by=cast.ada):
        for _ in range(3):
            charged(PatientFactory(by=cast.ada), 20, due=DAY, by=cast.ada)
    assert questions() == few
