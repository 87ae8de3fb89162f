"""What happens when two people do it at the same moment; and the command line."""

import re
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.accounts import roles, staff
from apps.accounts.models import RoleHolder, User
from tests.cast import RIVERSIDE, people_of


def at_once(*acts):
    start, seen = threading.Barrier(len(acts), timeout=20), []

    def run(act):
        start.wait()
        try:
            act()
            seen.append("done")
        except Exception as problem:
            seen.append(type(problem).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    return sorted(seen)


@pytest.fixture
def two_admins(throw_away, riverside):
    with riverside.inside(actor="cast"):
        people = people_of("riverside", RIVERSIDE)
        roles.give(people["bela"], "clinic_admin")
    return people["ada"], people["bela"]


def active_admins(clinic):
    with clinic.inside():
        return User.objects.filter(is_active=True, groups__role__code="clinic_admin").count()


def test_two_admins_who_deactivate_each_other_leave_one(two_admins, riverside):
    ada, bela = two_admins

    def shut_out(whom, by):
        with riverside.inside(actor="test"):
            staff.deactivate(User.objects.get(pk=whom.pk), by=User.objects.get(pk=by.pk), at=timezone.now())

    assert at_once(lambda: shut_out(bela, ada), lambda: shut_out(ada, bela)) == ["LastClinicAdmin", "done"]
    assert active_admins(riverside) == 1


def test_the_database_judges_two_raw_removals_one_after_the_other(two_admins, riverside):
    def remove(person):
        with riverside.inside(actor="test"):
            RoleHolder.objects.filter(user_id=person.pk, group__role__code="clinic_admin").delete()

    outcome = at_once(*(lambda person=person: remove(person) for person in two_admins))
    assert outcome == ["IntegrityError", "done"]
    assert active_admins(riverside) == 1


def test_the_same_person_invited_twice_at_once_is_one_person(two_admins, riverside):
    ada, _ = two_admins

    def invite():
        with riverside.inside(by=User(pk=ada.pk, is_active=False)):
            staff.invite(email="noor@x.example", full_name="N", roles=["nurse"], by=None, at=timezone.now())

    outcome = at_once(invite, invite, invite)
    assert outcome.count("done") == 1
    with riverside.inside():
        assert User.objects.filter(email="noor@x.example").count() == 1


def test_a_refresh_token_used_by_two_at_once_serves_one_and_ends_the_session(two_admins, riverside):
    from apps.accounts import tokens
    from apps.accounts.models import ApiSession

    with riverside.inside(actor="test"):
        pair = tokens.begin(User.objects.get(pk=two_admins[0].pk), at=timezone.now())

    def use():
        with riverside.inside(actor="test"):
            try:
                tokens.refresh(pair.refresh, at=timezone.now())
            except tokens.BadToken:
                refused.append(1)  # committed, as the view does

    refused: list[int] = []
    at_once(use, use)
    assert refused == [1]
    with riverside.inside():
        assert ApiSession.objects.get().revoked_because == "refresh token used twice"


def test_the_first_system_admin_is_invited_from_the_command_line(platform, web, capsys):
    call_command("invite", "pat@hpms.example", "Pat Quist")
    link = re.search(r"http://localhost[^/]*(/\S+)", capsys.readouterr().out).group(1)
    browser = web(platform)
    chosen = {"full_name": "Pat Quist", "password1": "a long walk uphill", "password2": "a long walk uphill"}
    answer = browser.post(link, chosen)
    assert (answer.status_code, answer["Location"]) == (302, "/console/")
    assert browser.get("/console/").status_code == 200
    with pytest.raises(CommandError, match="works here already"):
        call_command("invite", "pat@hpms.example", "Pat Quist")


def test_a_clinics_staff_is_invited_from_the_command_line(riverside, capsys):
    call_command("invite", "dee@riverside.example", "Dee", clinic="riverside", role=["nurse", "cashier"])
    assert "http://riverside.localhost" in capsys.readouterr().out
    with riverside.inside():
        assert User.objects.get(email="dee@riverside.example").role_codes == ["cashier", "nurse"]
    for wrong in ({"clinic": "nowhere"}, {"clinic": "riverside", "role": ["emperor"]}):
        with pytest.raises(CommandError):
            call_command("invite", "x@riverside.example", "X", **wrong)


def test_the_app_cannot_write_a_superuser_into_a_clinic(riverside):
    with pytest.raises(DatabaseError), riverside.inside():
        User.objects.create_superuser("root@riverside.example", full_name="Root")
