"""The demo: two clinics that look as if they had been working for weeks, and go on living when it is made again."""

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import User
from apps.billing.drawers import counting, sessions
from apps.billing.drawers.counting import Counted
from apps.billing.gateways import settling
from apps.billing.models import DrawerSession, GatewaySettlement, Invoice, Payment, PaymentLink
from apps.ledger.checking import checks
from apps.onboarding.demo import days, drawers
from apps.onboarding.demo.make import logins, make, open_all
from apps.onboarding.demo.people import patients_of
from apps.onboarding.demo.plan import LAKESIDE, PASSWORD, RIVERSIDE, SYSTEM_ADMIN
from apps.patients.models import Allergy, Condition, ConsentForm, Patient, PatientConsent
from apps.patients.search import find
from apps.scheduling.models import Appointment
from tests.kept import undone

NOW = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # half past eleven in New York
NEW_YORK = ZoneInfo("America/New_York")
SMALL = replace(LAKESIDE, patients=24, past=0.15, today=0.8, coming=0.4, has_gateway=True)


@pytest.fixture(scope="module", autouse=True)
def fewer_days():
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(days, "HISTORY", 5)
        changed.setattr(days, "AHEAD", 2)
        yield


def made(at=NOW):
    said = []
    open_all(now=at, tell=lambda words: None, plans=(SMALL,))
    make(SMALL, now=at, tell=said.append)
    return said


def counted():
    tables = ("scheduling_appointment", "billing_invoice", "billing_payment", "patients_patient", "audit_event")
    with connection.cursor() as cursor:
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
    return counts


@pytest.fixture(scope="module")
def made_once(modules_own):
    """The clinic was opened and filled before the first test that looks at it."""
    made()


@pytest.fixture
def demo(made_once, lakeside):
    with undone():
        yield lakeside


def test_today_looks_like_the_middle_of_a_working_day(demo):
    with demo.inside():
        today = Appointment.objects.starting(
            datetime(2026, 11, 20, tzinfo=NEW_YORK), datetime(2026, 11, 21, tzinfo=NEW_YORK)
        )
        statuses = Counter(today.values_list("status", flat=True))
        assert statuses["completed"] >= 2
        assert statuses["scheduled"] >= 5
        assert statuses["arrived"] + statuses["in_session"] >= 1
        assert today.filter(is_override=True).count() == 1
        assert not today.filter(status="scheduled", starts_at__lt=NOW - timedelta(hours=2)).exists()
        assert not Appointment.objects.filter(arrived_at__gt=NOW).exists()


def test_past_days_are_over_and_coming_days_are_booked(demo):
    with demo.inside():
        past = Appointment.objects.filter(starts_at__lt=datetime(2026, 11, 20, tzinfo=NEW_YORK))
        assert past.count() > 8
        assert set(past.values_list("status", flat=True)) <= {"completed", "no_show", "cancelled"}
        coming = Appointment.objects.filter(starts_at__gt=datetime(2026, 11, 21, tzinfo=NEW_YORK))
        assert set(coming.values_list("status", flat=True)) == {"scheduled"}


def test_the_books_of_the_demo_balance_and_somebody_owes(demo):
    with demo.inside(), connection.cursor() as cursor:
        cursor.execute("SELECT sum(debit) - sum(credit), count(*) > 30 FROM ledger_journalline")
        assert cursor.fetchone() == (0, True)
        assert Invoice.objects.unpaid().exists()
        assert len(set(Payment.objects.values_list("method", flat=True))) >= 2


def test_whoever_takes_cash_has_a_drawer_and_one_of_yesterday_was_counted_twice(demo):
    with demo.inside():
        opened = DrawerSession.objects.filter(status="open")
        assert set(opened.values_list("cashier__email", flat=True)) == {
            "finn@lakeside.example",
            "ines@lakeside.example",
            "lena@lakeside.example",
        }
        locked = DrawerSession.objects.get(status="locked")
        counts = locked.counts.filter(method="cash").order_by("turn").values_list("turn", "variance")
        assert list(counts) == [(1, -40), (2, -10)]
        with connection.cursor() as cursor:
            every = checks.all_checks()
            assert [check.code for check in every if checks.examine(check, cursor).found] == []


def test_links_are_paid_on_their_way_and_ended_and_some_are_settled(demo):
    with demo.inside():
        statuses = Counter(PaymentLink.objects.values_list("payment__status", flat=True))
        assert set(statuses) == {"captured", "pending", "failed"}
        settled = GatewaySettlement.objects.get()
        assert settled.fee > 0
        assert settled.parts.count() + len(settling.held()) == statuses["captured"]


def test_the_demo_takes_cash_where_it_may(demo):
    with demo.inside():
        finn = User.objects.get(email="finn@lakeside.example")
        mine = DrawerSession.objects.get(cashier=finn, status="open")
        assert drawers.way_of_paying("cash", by=finn, at=NOW) == "cash"
        counted_ = counting.count(mine, Counted(drawers.FLOAT), by=finn, at=NOW)
        assert drawers.way_of_paying("cash", by=finn, at=NOW) == "card"
        sessions.lock(counted_, by=finn, at=NOW)
        assert drawers.way_of_paying("cash", by=finn, at=NOW) == "cash"
        assert DrawerSession.objects.get(cashier=finn, status="open") != mine


def test_made_again_on_the_same_day_it_changes_nothing(demo):
    with demo.inside():
        before = counted()

    assert made(NOW + timedelta(hours=3)) == []

    with demo.inside():
        assert counted() == before


def test_made_again_on_the_next_day_it_has_lived_on(demo):
    said = made(NOW + timedelta(days=1))

    assert said == [f"Lakeside Practice: day {place} of 3" for place in (1, 2, 3)]  # yesterday, today, a new one ahead
    with demo.inside():
        yesterday = Appointment.objects.filter(starts_at__lt=datetime(2026, 11, 21, tzinfo=NEW_YORK))
        assert set(yesterday.values_list("status", flat=True)) <= {"completed", "no_show", "cancelled"}
        saturday = Appointment.objects.filter(starts_at__gt=datetime(2026, 11, 21, tzinfo=NEW_YORK))
        assert saturday.filter(status="completed").exists()
        assert saturday.filter(status="scheduled").exists()


def test_everybody_of_the_demo_can_sign_in_with_the_password_that_is_told(demo):
    told = "\n".join(logins(port="8000"))

    assert f"password is  {PASSWORD}" in told
    assert "http://riverside.localhost:8000" in told
    assert SYSTEM_ADMIN[1] in told
    with demo.inside():
        for one in SMALL.staff:
            assert one.email in told
            person = User.objects.get(email=one.email)
            assert person.has_joined
            assert set(person.role_codes) == set(one.roles)
        assert User.objects.get(email="kim@lakeside.example").check_password(PASSWORD)


def test_every_role_of_a_clinic_is_played_by_somebody():
    assert {role for one in RIVERSIDE.staff for role in one.roles} == {
        "clinic_admin",
        "provider",
        "front_desk",
        "billing_manager",
        "cashier",
        "nurse",
        "compliance_officer",
    }


def test_the_patients_are_the_same_every_time_in_many_scripts_and_families_share_a_phone():
    today = NOW.date()
    people = list(patients_of(RIVERSIDE, today=today))

    assert people == list(patients_of(RIVERSIDE, today=today))
    assert len(people) == 320
    assert Counter(person["phone"] for person in people).most_common(1)[0][1] >= 3
    assert {person["preferred_language"] for person in people} == {"en", "hi", "ar", "ta", "ru"}


def test_a_patient_of_the_demo_is_found(demo):
    with demo.inside():
        patient = Patient.objects.order_by("number").first()
        assert patient.pk in {found.pk for found in find(patient.full_name, today=NOW.date())}


def test_there_is_no_demo_in_production(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="none in production"):
        call_command("make_demo", stdout=io.StringIO(), stderr=io.StringIO())


def test_some_patients_are_known_well_and_some_have_not_signed(demo):
    with demo.inside():
        assert Allergy.objects.exists()
        assert Condition.objects.exists()
        assert 0 < PatientConsent.objects.count() < 2 * Patient.objects.count()
        assert ConsentForm.objects.published().filter(is_required=True).count() == 2
