"""A patient's statement: every row from the books, its balance what they owe less what is held for them."""

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
from apps.billing.patient_statement import statement
from apps.billing.paying import credit, payments, refunds
from apps.billing.statements import balance_of
from apps.ledger.general import Days
from tests.cast import ada_at_work
from tests.kept import keep, undone
from tests.patients.factories import PatientFactory

DAY = date(2026, 5, 11)


def at(day, hour=12):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def charged(patient, amount, *, on, by):
    made = invoicing.draft(patient, by=by, at=at(on))
    invoicing.add_charge(made, description="Consultation", unit_price=amount, by=by, at=at(on))
    return invoicing.issue(made, by=by, at=at(on), issue_date=on)


@keep
def kept_asha():
    """236.00 charged, 250.00 paid by card, the charge void three days later, 50.00 given back, 30.00 charged anew."""
    with ada_at_work() as ada:
        asha = PatientFactory(by=ada, given_name="Asha", family_name="Patel")
        first = charged(asha, 236, on=DAY, by=ada)
        paid = payments.receive(
            asha, method="card", amount=250, credit_consent=True, by=ada, at=at(DAY, 13), invoices=[first]
        )
        later = DAY + timedelta(days=3)
        invoicing.void(first, by=ada, at=at(later), reason="Wrong", disposition="credit")
        refunds.refund(paid, amount=50, method="cash", reason="Moved away", by=ada, at=at(later, 13))
        last = charged(asha, 30, on=later, by=ada)
        credit.use_credit(last, by=ada, at=at(later, 14))
    return asha


@pytest.fixture
def asha(kept_asha):
    return kept_asha


@pytest.fixture
def bela(web, riverside, cast, asha):
    return web(riverside, cast.bela)


def test_each_row_says_what_happened_and_what_is_left(riverside, cast, asha):
    with riverside.inside(by=cast.ada):
        found = statement(asha, reader=cast.bela)
        assert [(row.words, row.charge, row.credited, row.paid, row.balance) for row in found.movements] == [
            ("Invoice", 236, 0, 0, 236),
            ("Payment, Card", 0, 0, 250, -14),
            ("Invoice void", 0, 236, 0, -250),
            ("Invoice", 30, 0, 0, -220),
            ("Refund, Cash", 0, 0, -50, -170),
        ]
        assert (found.charged, found.credited, found.paid, found.closing) == (266, 236, 200, -170)
        assert found.closing == balance_of(asha).net
        assert all(row.url and row.number for row in found.movements)


def test_days_begin_with_the_balance_before_them(riverside, cast, asha):
    with riverside.inside(by=cast.ada):
        found = statement(asha, Days(DAY + timedelta(days=1)), reader=cast.bela)
        assert (found.opening, len(found.movements), found.closing) == (-14, 3, -170)
        assert statement(asha, Days(None, DAY), reader=cast.bela).closing == -14


def test_what_was_known_then_is_told_as_it_was_known_then(riverside, cast, asha):
    with riverside.inside(by=cast.ada):
        known = statement(asha, Days(None, None, at(DAY, 12)), reader=cast.bela)
        assert [row.balance for row in known.movements] == [236]


def test_the_page_the_sheet_and_the_api_tell_the_same(bela, api, riverside, cast, asha):
    page = bela.get(f"/billing/patients/{asha.pk}/?first=2026-05-12")
    assert [row.balance for row, *_figures in page.context["movements"]] == [-170, -220, -250]
    assert "Balance before" in page.content.decode()
    sheet = bela.get(f"/billing/patients/{asha.pk}/statement.csv?first=2026-05-12")
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [row[3:] for row in rows[1:]] == [
        ["0.00", "236.00", "0.00", "-250.00", "INR"],
        ["30.00", "0.00", "0.00", "-220.00", "INR"],
        ["0.00", "0.00", "-50.00", "-170.00", "INR"],
    ]
    told = api(riverside, cast.bela).get(f"/api/v1/patients/{asha.pk}/account/?first=2026-05-12").json()
    assert (told["opening"], told["closing"], told["credited"]) == ("-14.00", "-170.00", "236.00")
    assert [row["balance"] for row in told["movements"]] == ["-250.00", "-220.00", "-170.00"]


@pytest.mark.parametrize("query", ["", "?first=2026-05-12", "?last=2026-05-11", "?known=2026-05-11"])
def test_it_is_handed_over_on_paper(bela, api, riverside, cast, asha, query):
    answer = bela.get(f"/billing/patients/{asha.pk}/statement.pdf{query}")
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    with riverside.inside():
        assert asha.full_name not in answer["Content-Disposition"]
    known = query.replace("known=2026-05-11", "known_at=2026-05-11T12:00:00Z")
    paper = api(riverside, cast.bela).get(f"/api/v1/patients/{asha.pk}/statement/{known}")
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")


@pytest.mark.parametrize("query", ["first=x", "known=soon", "first=2026-05-12&last=2026-05-11"])
@pytest.mark.parametrize("part", ["", "statement.csv", "statement.pdf"])
def test_what_makes_no_sense_is_refused_in_words(bela, asha, part, query):
    assert bela.get(f"/billing/patients/{asha.pk}/{part}?{query}").status_code == 400


@pytest.mark.parametrize("part", ["", "statement.csv", "statement.pdf"])
def test_whose_statement_it_is_was_read(bela, riverside, cast, asha, part):
    assert bela.get(f"/billing/patients/{asha.pk}/{part}").status_code == 200
    with riverside.inside(by=cast.ada):
        read = AuditEvent.objects.filter(action="read", actor=f"user:{cast.bela.pk}", patient_id=asha.pk)
        assert read.exists()


def test_more_rows_cost_no_more_questions(bela, riverside, cast, asha):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert bela.get(f"/billing/patients/{asha.pk}/").status_code == 200
        return len(asked)

    questions()
    few = questions()
    with riverside.inside(by=cast.ada):
        for day in range(3):
            invoice = charged(asha, 20, on=DAY + timedelta(days=5 + day), by=cast.ada)
            payments.receive(
                asha, method="cash", amount=20, invoices=[invoice], by=cast.ada, at=at(DAY + timedelta(days=9))
            )
    assert questions() == few


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "pay", "deposit", "credit", "refund", "void"]), st.integers(0, 1), st.integers(1, 300)
    ),
    max_size=14,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS)
def test_it_always_ends_with_what_is_owed_less_what_is_held(riverside, cast, steps):
    with riverside.inside(by=cast.ada), undone():
        patients = [PatientFactory(by=cast.ada) for _ in range(2)]
        for number, (what, who, amount) in enumerate(steps):
            patient, moment = patients[who], at(DAY + timedelta(days=number))
            owed = [one for one in patient.invoices.issued() if one.due]
            taken = [one for one in patient.payments.all() if one.refundable]
            if what == "issue":
                charged(patient, amount, on=moment.date(), by=cast.ada)
            elif what == "pay" and owed:
                payments.receive(
                    patient, method="cash", amount=min(amount, owed[0].due), invoices=owed, by=cast.ada, at=moment
                )
            elif what == "deposit":
                payments.receive(
                    patient, method="upi", amount=amount, invoices=[], credit_consent=True, by=cast.ada, at=moment
                )
            elif what == "credit" and owed and balance_of(patient).credit:
                credit.use_credit(owed[0], by=cast.ada, at=moment)
            elif what == "refund" and taken:
                refunds.refund(taken[0], amount=taken[0].refundable, reason="x", by=cast.ada, at=moment)
            elif what == "void" and owed:
                invoicing.void(owed[0], by=cast.ada, at=moment, reason="Wrong", disposition="credit")
        for patient in patients:
            found = statement(patient, reader=cast.bela)
            assert found.closing == balance_of(patient).net
            assert found.closing == found.charged - found.credited - found.paid
            middle = DAY + timedelta(days=len(steps) // 2)
            before = statement(patient, Days(None, middle - timedelta(days=1)), reader=cast.bela)
            after = statement(patient, Days(middle), reader=cast.bela)
            assert (after.opening, after.closing) == (before.closing, found.closing)


def test_lakeside_has_no_such_patient(web, lakeside, cast, asha):
    lena = web(lakeside, cast.lena)
    for part in ("", "statement.csv", "statement.pdf"):
        assert lena.get(f"/billing/patients/{asha.pk}/{part}").status_code == 404
