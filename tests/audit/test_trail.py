"""The trail as the compliance officer and the clinic admin read it."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import staff
from apps.audit.models import AuditEvent
from apps.billing.models import PaymentGateway
from apps.core.models import NumberSeries
from apps.outbox.models import Message
from apps.patients import registration
from tests.patients.factories import PatientFactory

NOW = timezone.now()


@pytest.fixture
def meera(riverside, cast):
    """Registered by Sara, then amended by Nia: two events of one patient, among those of number series."""
    with riverside.inside(by=cast.sara):
        patient = PatientFactory(by=cast.sara, given_name="Meera", family_name="Krishnamurthy")
    with riverside.inside(by=cast.nia):
        registration.amend(patient, by=cast.nia, at=timezone.now(), given_name="Mira", version=patient.version)
    return patient


@pytest.fixture
def olu(web, riverside, cast, meera):
    return web(riverside, cast.olu)


def found(browser, **asked):
    answer = browser.get(f"/audit/?{urlencode(asked)}")
    assert answer.status_code == 200
    return answer.context["events"]


def newest(riverside, cast, **which):
    with riverside.inside(by=cast.ada):
        return AuditEvent.objects.filter(**which).order_by("-id")[0]


def told(browser, event):
    answer = browser.get(f"/audit/{event.pk}/")
    assert answer.status_code == 200
    return {column.key: column for column in answer.context["columns"]}


def test_the_trail_names_who_did_what_to_whom(olu, meera):
    rows = found(olu, table="patients_patient")
    assert [(row["actor"].words, row["event"].action, row["patient"].words) for row in rows] == [
        ("Nia Okafor", "update", meera.number),
        ("Sara Lindqvist", "create", meera.number),
    ]
    assert "Given name" in rows[0]["changed"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (lambda cast, meera: {"who": f"user:{cast.nia.pk}", "action": "update"}, {"update"}),
        (lambda cast, meera: {"patient": meera.number, "action": "create"}, {"create"}),
        (lambda cast, meera: {"patient": str(meera.pk), "action": "create"}, {"create"}),
        (lambda cast, meera: {"table": "patients_patient", "row": str(meera.pk)}, {"create", "update"}),
        (lambda cast, meera: {"request_id": "nobody"}, set()),
        (lambda cast, meera: {"last": "2020-01-01"}, set()),
        (lambda cast, meera: {"first": "2999-01-01"}, set()),
    ],
)
def test_the_trail_is_searched_by_actor_patient_table_day_and_request(olu, cast, meera, asked, expected):
    rows = found(olu, **asked(cast, meera))
    assert {row["event"].action for row in rows} == expected


def test_days_are_the_clinics_own(olu, riverside, cast, meera):
    event = newest(riverside, cast, table_name="patients_patient")
    with riverside.inside(by=cast.ada):
        from apps.clinic import profile

        day = event.at.astimezone(profile.current().zone).date()
    assert found(olu, first=day, last=day, table="patients_patient")
    assert not found(olu, first=day + timedelta(days=1), table="patients_patient")
    assert not found(olu, last=day - timedelta(days=1), table="patients_patient")


@pytest.mark.parametrize(
    "asked",
    [{"table": "nonsense"}, {"action": "steal"}, {"who": "user:'; DROP"}, {"first": "soon"}, {"first": "0001-01-01"},
     {"first": "2026-02-02", "last": "2026-02-01"}, {"request_id": "x" * 65}],
)  # fmt: skip
def test_nonsense_is_refused_in_words(olu, asked):
    assert olu.get(f"/audit/?{urlencode(asked)}").status_code == 400


def test_a_patient_who_is_none_is_told_beside_the_field_and_the_way_back_comes_along(olu):
    answer = olu.get("/audit/?patient=PAT-1999-00001", headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert "There is no patient" in answer.context["form"]["patient"].errors[0]
    part = answer.content.decode()
    assert "<html" not in part and "There is no patient" in part and ">Everything</a>" in part
    assert ">Changed</option>" in part


def test_old_and_new_stand_side_by_side_and_sealed_ones_open_for_who_may(olu, riverside, cast, meera):
    columns = told(olu, newest(riverside, cast, table_name="patients_patient", action="update"))
    name = columns["given_name"]
    assert (name.before.words, name.after.words, name.changed) == ("Meera", "Mira", True)
    assert name.after.state == "opened"


def test_opening_sealed_values_is_itself_a_reading(olu, riverside, cast, meera):
    event = newest(riverside, cast, table_name="patients_patient", action="update")
    told(olu, event)
    reading = newest(riverside, cast, action="read", table_name="trail:patients_patient")
    assert (reading.actor, reading.patient_id) == (f"user:{cast.olu.pk}", meera.pk)


def test_without_the_permission_sealed_values_stay_closed(web, riverside, cast, meera):
    from apps.accounts.models import Role

    with riverside.inside(by=cast.ada):
        group = Role.objects.get(code="compliance_officer").group
        group.permissions.remove(*group.permissions.filter(codename="view_sealed_values"))
        event = AuditEvent.objects.filter(table_name="patients_patient", action="update").order_by("-id")[0]
    browser = web(riverside, cast.olu)
    columns = told(browser, event)
    assert (columns["given_name"].before.words, columns["given_name"].after.words) == ("sealed", "sealed")
    assert "Sealed values stay closed" in browser.get(f"/audit/{event.pk}/").content.decode()
    with riverside.inside(by=cast.ada):
        assert not AuditEvent.objects.filter(table_name="trail:patients_patient").exists()


def test_a_value_moved_to_another_row_says_that_it_cannot_be_opened(riverside, cast, meera, as_superuser):
    from apps.audit import values

    with riverside.inside(by=cast.ada):
        event = AuditEvent.objects.filter(table_name="patients_patient", action="update").order_by("-id")[0]
        event.row_id = "0195b0a0-0000-7000-8000-000000000000"
        columns = {c.key: c for c in values.columns(event, open_sealed=True, reader=cast.ada)}
    assert columns["given_name"].after.state == "broken"


def test_secrets_are_not_in_the_trail(olu, riverside, cast):
    with riverside.inside(by=cast.ada):
        cast.bela.set_password("another long walk home")
        cast.bela.save(update_fields=["password"])
    columns = told(olu, newest(riverside, cast, table_name="accounts_user", action="update"))
    assert columns["password"].after.words == "not kept in the trail"


def test_what_opens_doors_is_not_in_the_trail(olu, riverside, cast):
    """Whoever reads the trail could otherwise follow an admin's link to a new password, or sign for the gateway."""
    with riverside.inside(by=cast.ada):
        Message.objects.create(kind="email", payload="/password/reset/1-2/", due_at=NOW, created_at=NOW)
        PaymentGateway.objects.create(code="http", merchant="riverside", key="the key", is_active=True)
        staff.sign_out_everywhere(cast.bela, at=NOW)
    message = told(olu, newest(riverside, cast, table_name="outbox_message"))
    held = told(olu, newest(riverside, cast, table_name="billing_paymentgateway"))
    person = told(olu, newest(riverside, cast, table_name="accounts_user"))
    kept = {column.after.words for column in (message["payload"], held["key"], person["stamp"])}
    assert kept == {"not kept in the trail"}


def test_choices_moments_and_links_are_told_in_words(olu, riverside, cast, meera):
    columns = told(olu, newest(riverside, cast, table_name="patients_patient", action="create"))
    assert columns["sex"].after.words == "Female"
    assert columns["is_active"].after.words == "yes"
    assert re.fullmatch(r"2026-01-05 14:30:00 IST", columns["registered_at"].after.words)


def test_a_table_of_long_ago_is_still_shown(web, riverside, cast, as_superuser):
    from apps.audit import values

    event = AuditEvent(table_name="gone_table", action="update", changed=["x"], old={"x": 1}, new={"x": "\\x0102"})
    with riverside.inside(by=cast.ada):
        (column,) = values.columns(event, open_sealed=True, reader=cast.ada)
    assert (column.before.words, column.after.words) == ("1", "2 bytes")


def test_the_list_walks_by_cursor_and_asks_a_constant_number_of_questions(olu, riverside, cast):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            found(olu, table="core_numberseries")
        return len(asked)

    few = questions()
    with riverside.inside(by=cast.ada):
        NumberSeries.objects.bulk_create(NumberSeries(series="WALK", year=year) for year in range(2000, 2120))
    assert questions() <= few + 1
    answer = olu.get("/audit/?table=core_numberseries")
    seen = [row["event"].pk for row in answer.context["events"]]
    while older := answer.context["older"]:
        answer = olu.get(f"/audit/?table=core_numberseries&cursor={older}")
        seen += [row["event"].pk for row in answer.context["events"]]
    assert len(seen) == len(set(seen)) >= 120
    assert seen == sorted(seen, reverse=True)


def test_lakeside_sees_nothing_of_riverside(web, lakeside, riverside, cast, meera):
    lena = web(lakeside, cast.lena)
    assert not found(lena, table="patients_patient")
    assert not found(lena, patient=str(meera.pk))


def test_looking_through_the_list_is_no_reading_of_patients(olu, riverside, cast, meera):
    assert "Meera" not in (page := olu.get("/audit/?table=patients_patient").content.decode())
    assert meera.number in page
    with riverside.inside(by=cast.ada):
        assert not AuditEvent.objects.filter(actor=f"user:{cast.olu.pk}", action="read").exists()


def test_htmx_gets_the_list_only(olu):
    assert olu.get("/audit/", headers={"HX-Request": "true"}).content.decode().lstrip().startswith('<div id="trail">')


def test_there_is_nothing_to_change_in_the_trail(olu, riverside, cast, meera):
    event = newest(riverside, cast)
    for method in ("post", "put", "patch", "delete"):
        assert getattr(olu, method)(f"/audit/{event.pk}/").status_code == 405
    assert newest(riverside, cast, pk=event.pk).at == event.at
