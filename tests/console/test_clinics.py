"""The system admin opens, watches and closes clinics from the platform's console."""

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.console import pulse
from apps.console.models import Pulse
from apps.tenants.models import Clinic, Domain


@pytest.fixture
def root(platform):
    with platform.inside():
        return User.objects.create_superuser("root@hpms.example", None, full_name="Rut System")


@pytest.fixture
def console(web, platform, root):
    return web(platform, root)


def clinic(platform, slug="riverside"):
    with platform.inside():
        return Clinic.objects.get(slug=slug)


OPENING = {
    "name": "Hill Clinic",
    "slug": "hill",
    "admin_email": "hana@hill.example",
    "timezone": "Europe/Berlin",
    "currency": "EUR",
    "locale": "en-gb",
    "plan": "trial",
}


def test_the_console_lists_every_clinic_with_its_figures(platform, riverside, console):
    pulse.take_pulses(at=timezone.now())
    body = console.get("/console/").content.decode()
    assert "Riverside Clinic" in body
    assert "Lakeside Practice" in body
    with platform.inside():
        assert Pulse.objects.get(clinic__slug="riverside").missing_migrations == 0


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(platform, console, django_assert_num_queries):
    def count():
        with connection.execute_wrapper(lambda execute, *args: asked.append(args[0]) or execute(*args)):
            console.get("/console/")

    asked: list[str] = []
    count()  # the first page of a session does a little more
    asked.clear()
    count()
    few = len(asked)
    with platform.inside():
        for number in range(3):
            Clinic.objects.create(
                slug=f"more-{number}", name="More", schema_name=f"t_more{number}", created_at=timezone.now()
            )
    asked.clear()
    count()
    assert len(asked) == few


def test_opening_a_clinic_registers_it_for_the_worker(platform, console):
    answer = console.post("/console/opening/", OPENING)
    hill = clinic(platform, "hill")
    assert answer.status_code == 302
    assert (hill.state, hill.settings["currency"]) == ("opening", "EUR")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("slug", "riverside", "exists already"),
        ("slug", "x y", "valid"),
        ("admin_email", "nobody", "valid"),
        ("currency", "XXZ", "valid"),
        ("name", "", "required"),
    ],
)
def test_what_cannot_be_opened_is_said_beside_the_field_and_keeps_what_was_typed(console, field, value, words):
    answer = console.post("/console/opening/", {**OPENING, field: value})
    body = answer.content.decode()
    assert answer.status_code == 400
    assert words in body
    if field != "name":
        assert "Hill Clinic" in body


def test_suspending_needs_the_address_typed_and_leaves_a_trace(platform, console, root):
    address = f"/console/{clinic(platform).pk}/suspension/"
    refused = console.post(address, {"reason": "Unpaid", "confirmation": "lakeside"})
    assert refused.status_code == 400
    assert clinic(platform).state == "open"
    with platform.inside():
        shown = Clinic.objects.get(slug="riverside").domains.get().domain
    assert console.post(address, {"reason": "Unpaid", "confirmation": shown}).status_code == 302
    assert clinic(platform).state == "suspended"
    with platform.inside():
        trace = AuditEvent.objects.filter(table_name="tenants_clinic", action="update").latest("id")
    assert trace.actor == f"user:{root.pk}"
    assert trace.new["suspended_reason"] == "Unpaid"
    resumed = console.post(f"/console/{clinic(platform).pk}/resumption/")
    assert (resumed.status_code, clinic(platform).state) == (302, "open")


def test_the_plan_can_be_changed_and_nonsense_is_refused(platform, console):
    address = f"/console/{clinic(platform).pk}/plan/"
    assert console.post(address, {"plan": "gold"}).status_code == 400
    assert console.post(address, {"plan": "hospital"}).status_code == 302
    assert clinic(platform).plan == "hospital"


def test_a_clinics_people_are_strangers_on_the_console(platform, riverside, web):
    with riverside.inside():
        ada = User.objects.create_user("ada2@riverside.example", None, full_name="Ada")
    browser = web(riverside, ada)
    stranger = web(platform)
    stranger.cookies = browser.cookies
    assert stranger.get("/console/").status_code == 302


def test_console_addresses_do_not_exist_at_a_clinic(web, riverside):
    assert web(riverside).get("/console/").status_code == 404


def test_an_address_that_another_clinic_has_besides_its_own_is_told(platform, console, settings):
    with platform.inside():
        riverside = Clinic.objects.get(slug="riverside")
        Domain.objects.create(tenant=riverside, domain=f"hill.{settings.HPMS_DOMAIN}")
    answer = console.post("/console/opening/", OPENING)
    assert answer.status_code == 400
    assert "exists already" in str(answer.context["form"].errors["slug"])
