"""Letting people in, giving them roles, closing the door."""

import io
import logging
import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import passwords, roles, staff
from apps.accounts.models import RoleHolder, User
from apps.outbox.models import Message

NOW = timezone.now()
GOOD = "a boat on the lake"


def newcomer(cast, **changes):
    details = {"email": "noor@riverside.example", "full_name": "Noor Haddad", "roles": ["front_desk"], **changes}
    return staff.invite(**details, by=cast.ada, at=NOW)


def token_of(user):
    return staff.invitation_link(user).rstrip("/").rpartition("/")[2]


def test_ada_invites_noor_who_chooses_a_password_and_is_in(web, riverside, cast):
    with riverside.inside():
        Message.objects.all().delete()
    admin = web(riverside, cast.ada)
    typed = {"email": "Noor@Riverside.example", "full_name": " Noor  Haddad ", "roles": ["front_desk", "cashier"]}
    assert admin.post("/staff/invitation/", typed).status_code == 302
    with riverside.inside():
        message = Message.objects.get()
        link = re.search(r"http://riverside\.localhost[^/]*(/invitation/[^\\\s]+/)", message.payload).group(1)
        assert "noor@riverside.example" in message.payload
    browser = web(riverside)
    assert "Noor Haddad" in browser.get(link).content.decode()
    chosen = {"full_name": "Noor Haddad", "password1": GOOD, "password2": GOOD}
    assert browser.post(link, chosen).status_code == 302
    assert browser.get("/me/").context["user"].email == "noor@riverside.example"
    with riverside.inside():
        assert User.objects.get(email="noor@riverside.example").role_codes == ["cashier", "front_desk"]
    assert web(riverside).get(link).status_code == 404
    assert web(riverside).post(link, chosen).status_code == 404


def test_an_invitation_is_of_its_clinic_only(web, riverside, lakeside, cast):
    with riverside.inside(by=cast.ada):
        token = token_of(newcomer(cast))
    assert web(lakeside).get(f"/invitation/{token}/").status_code == 404


@pytest.mark.parametrize("token", ["x", "a:b:c", "WzFd:1abcde:zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"])
def test_a_forged_invitation_is_refused(web, riverside, token):
    assert web(riverside).get(f"/invitation/{token}/").status_code == 404


def test_an_invitation_is_over_after_a_week(riverside, cast, monkeypatch):
    import time

    with riverside.inside(by=cast.ada):
        token = token_of(newcomer(cast))
        later = time.time() + timedelta(days=7, minutes=1).total_seconds()
        monkeypatch.setattr(time, "time", lambda: later)
        with pytest.raises(staff.InvitationOver):
            staff.invited_by_link(token)


def test_inviting_again_makes_the_first_link_worthless(riverside, cast):
    with riverside.inside(by=cast.ada):
        user = newcomer(cast)
        first = token_of(user)
        again = staff.invite_again(user, by=cast.ada, at=NOW)
        with pytest.raises(staff.InvitationOver):
            staff.invited_by_link(first)
        assert staff.invited_by_link(token_of(again)) == user


def test_whoever_has_joined_is_not_invited_again(riverside, cast):
    with riverside.inside(by=cast.ada), pytest.raises(staff.AlreadyJoined):
        staff.invite_again(cast.sara, by=cast.ada, at=NOW)


def test_a_deactivated_newcomer_cannot_follow_the_link(riverside, cast):
    with riverside.inside(by=cast.ada):
        user = newcomer(cast)
        token = token_of(user)
        staff.deactivate(user, by=cast.ada, at=NOW)
        with pytest.raises(staff.InvitationOver):
            staff.join(token, password=GOOD, full_name="Noor", at=NOW)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"email": "nonsense"}, staff.BadDetail),
        ({"email": "a@b.example\nBcc: x@y.example"}, staff.BadDetail),
        ({"email": f"{'a' * 250}@b.example"}, staff.BadDetail),
        ({"email": "SARA@riverside.example"}, staff.EmailTaken),
        ({"full_name": "  "}, staff.BadDetail),
        ({"full_name": "x" * 151}, staff.BadDetail),
        ({"full_name": "Noor\x00"}, staff.BadDetail),
        ({"roles": []}, staff.NoRole),
        ({"roles": ["emperor"]}, roles.UnknownRole),
    ],
)
def test_what_cannot_be_invited(riverside, cast, changes, refusal):
    with riverside.inside(by=cast.ada):
        before = User.objects.count()
        with pytest.raises(refusal):
            newcomer(cast, **changes)
        assert User.objects.count() == before


@pytest.mark.parametrize("password", ["short", "password1234", "noor haddad", "1234567890"])
def test_a_password_that_would_be_guessed_is_refused(riverside, cast, password):
    with riverside.inside(by=cast.ada):
        token = token_of(newcomer(cast))
        with pytest.raises(passwords.WeakPassword):
            staff.join(token, password=password, full_name="Noor Haddad", at=NOW)


def test_a_weak_password_keeps_what_was_typed(web, riverside, cast):
    with riverside.inside(by=cast.ada):
        token = token_of(newcomer(cast))
    page = web(riverside).post(
        f"/invitation/{token}/", {"full_name": "Noor H.", "password1": "short", "password2": "short"}
    )
    assert page.status_code == 400
    assert "Noor H." in page.content.decode() and "too short" in page.content.decode()


def test_no_link_that_opens_a_door_is_in_the_log(web, riverside, cast, monkeypatch):
    """The token is good until a better password is chosen; a screen's address as long as the screen hangs."""
    written = io.StringIO()
    (ours,) = (handler for handler in logging.getLogger().handlers if handler.name == "stderr")
    monkeypatch.setattr(ours, "stream", written)
    with riverside.inside(by=cast.ada):
        token = token_of(newcomer(cast))
    weak = {"full_name": "Noor", "password1": "password12", "password2": "password12"}
    assert web(riverside).post(f"/invitation/{token}/", weak).status_code == 400
    assert web(riverside).post("/waiting-room/screen/SESAME/").status_code == 405
    assert "Bad Request: /invitation/[secret]/" in written.getvalue()
    assert token not in written.getvalue() and "SESAME" not in written.getvalue()


def test_the_only_clinic_admin_stays(riverside, cast):
    with riverside.inside(by=cast.ada):
        with pytest.raises(roles.LastClinicAdmin):
            roles.assign(cast.ada, [])
        with pytest.raises(roles.LastClinicAdmin):
            staff.amend(cast.ada, full_name="Ada", email=cast.ada.email, roles=["front_desk"], by=cast.ada, at=NOW)
        roles.give(cast.bela, "clinic_admin")
        staff.deactivate(cast.ada, by=cast.bela, at=NOW)
        with pytest.raises(roles.LastClinicAdmin):
            roles.assign(cast.bela, ["billing_manager"])


def test_nobody_deactivates_themselves(riverside, cast):
    with riverside.inside(by=cast.ada):
        roles.give(cast.bela, "clinic_admin")
        with pytest.raises(staff.NotYourself):
            staff.deactivate(cast.ada, by=cast.ada, at=NOW)


def test_the_database_keeps_an_admin_whatever_python_does(riverside, cast):
    attacks = [
        lambda: User.objects.filter(pk=cast.ada.pk).update(is_active=False),
        lambda: RoleHolder.objects.filter(user=cast.ada).delete(),
        lambda: RoleHolder.objects.filter(user=cast.ada).update(user=_inactive()),
        lambda: _sql("DELETE FROM accounts_roleholder"),
        lambda: _sql("UPDATE accounts_user SET is_active = false"),
    ]
    for attack in attacks:
        with pytest.raises(IntegrityError, match="without a clinic admin"), riverside.inside(by=cast.ada):
            attack()


def _inactive():
    return User.objects.create(email="gone@riverside.example", full_name="Gone", is_active=False)


def _sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_keeps_system_roles(riverside, cast):
    attacks = [
        "DELETE FROM accounts_role WHERE code = 'nurse'",
        "UPDATE accounts_role SET code = 'matron' WHERE code = 'nurse'",
        "UPDATE accounts_role SET name = 'Matron' WHERE code = 'nurse'",
        "UPDATE accounts_role SET is_system = false WHERE code = 'nurse'",
    ]
    with riverside.inside(by=cast.ada):
        for attack in attacks:
            with pytest.raises(IntegrityError, match="comes with the house"), transaction.atomic():
                _sql(attack)


def test_the_database_knows_no_superuser_in_a_clinic_and_no_capitals(riverside, cast):
    with riverside.inside(by=cast.ada):
        for change in ({"is_superuser": True}, {"email": "Sara@Riverside.example"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                User.objects.filter(pk=cast.sara.pk).update(**change)


def test_whoever_may_invite_cannot_make_themselves_admin(riverside, cast):
    with riverside.inside(by=cast.ada):
        roles.create(
            name="Office manager", permissions=["accounts.invite_staff", "accounts.edit_roles"], by=cast.ada, at=NOW
        )
        roles.assign(cast.sara, ["office_manager"])
        roles.give(cast.nia, "clinic_admin")
        staff.deactivate(cast.nia, by=cast.ada, at=NOW)
        for act in (
            lambda: staff.amend(
                cast.sara, full_name="Sara", email=cast.sara.email, roles=["clinic_admin"], by=cast.sara, at=NOW
            ),
            lambda: staff.invite(email="x@y.example", full_name="X", roles=["clinic_admin"], by=cast.sara, at=NOW),
            lambda: staff.deactivate(cast.ada, by=cast.sara, at=NOW),
            lambda: staff.reactivate(cast.nia, by=cast.sara, at=NOW),
            # To an address of their own, where they would ask for a new password:
            lambda: staff.amend(
                cast.ada, full_name="Ada", email="sara+ada@y.example", roles=["clinic_admin"], by=cast.sara, at=NOW
            ),
        ):
            roles.give(cast.bela, "clinic_admin")
            with pytest.raises(staff.MoreThanYou):
                act()
        own = roles.Role.objects.get(code="office_manager")
        with pytest.raises(roles.BeyondOwn):
            roles.edit(own, permissions=["accounts.invite_staff", "accounts.use_admin_site"], by=cast.sara, at=NOW)


def test_a_new_address_ends_the_sessions(web, riverside, cast):
    browser = web(riverside, cast.sara)
    with riverside.inside(by=cast.ada):
        staff.amend(
            cast.sara, full_name="Sara L", email="sl@riverside.example", roles=["front_desk"], by=cast.ada, at=NOW
        )
    assert browser.get("/me/").status_code == 302


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(web, riverside, cast):
    browser = web(riverside, cast.ada)
    browser.get("/staff/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/staff/")
    with riverside.inside(by=cast.ada):
        for n in range(10):
            newcomer(cast, email=f"n{n}@riverside.example")
    with CaptureQueriesContext(connection) as many:
        assert "n9@riverside.example" in browser.get("/staff/").content.decode()
    assert len(many) == len(few) <= 13


def test_the_pages_of_somebody(web, riverside, cast):
    admin = web(riverside, cast.ada)
    page = f"/staff/{cast.sara.pk}/"
    typed = {"full_name": "Sara Lind", "email": cast.sara.email, "roles": ["front_desk", "nurse"]}
    assert admin.post(page, typed).status_code == 302
    with riverside.inside():
        assert User.objects.get(pk=cast.sara.pk).role_codes == ["front_desk", "nurse"]
    assert admin.post(page, {**typed, "email": cast.ada.email}).status_code == 409
    assert admin.post(f"{page}deactivation/").status_code == 302
    assert "Let back in" in admin.get(page).content.decode()
    assert admin.post(f"{page}reactivation/").status_code == 302
    assert admin.post(f"/staff/{cast.ada.pk}/deactivation/").status_code == 403
    assert admin.post(f"{page}invitation/").status_code == 409


def test_noors_password_hash_is_argon2id_and_nowhere_in_the_trail(riverside, cast):
    from apps.audit.models import AuditEvent

    with riverside.inside(by=cast.ada):
        user = newcomer(cast)
        user = staff.join(token_of(user), password=GOOD, full_name="Noor", at=NOW)
        assert user.password.startswith("argon2$argon2id$")
        trail = str(list(AuditEvent.objects.filter(table_name="accounts_user").values_list("old", "new")))
        assert "argon2" not in trail
        assert "'password': '[not kept]'" in trail


def test_somebody_admitted_signs_in_without_an_invitation(web, riverside, cast):
    with riverside.inside(by=cast.ada):
        staff.admit(email="dee@riverside.example", full_name="Dee", roles=["nurse"], password=GOOD, by=cast.ada, at=NOW)
    assert web(riverside).post("/sign-in/", {"login": "dee@riverside.example", "password": GOOD}).status_code == 302


def test_names_keep_the_signs_that_join_and_part_their_letters(riverside, cast):
    with riverside.inside(by=cast.ada):
        person = staff.invite(
            email="ali@riverside.example", full_name="علی\u200cرضا", roles=["nurse"], by=cast.ada, at=NOW
        )
        assert person.full_name == "علی\u200cرضا"
        with pytest.raises(staff.BadDetail):
            staff.rename(person, full_name="Ali\u202e", at=NOW)
