"""Roles come with the house, may be edited, and keep what a clinic admin has made of them."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from apps.accounts import roles
from apps.accounts.models import Role

NOW = timezone.now()


def may(code):
    [bundle] = roles.with_permissions([code])
    return bundle.permission_names


def test_a_new_clinic_has_the_roles_of_the_house(riverside):
    with riverside.inside():
        assert list(Role.objects.values_list("code", flat=True)) == list(roles.CLINIC_ROLES)


def test_the_clinic_admin_may_do_everything(riverside, cast):
    with riverside.inside(by=cast.ada):
        declared = {f"{app.app_label}.{code}" for app in roles.declared() for code in app.permissions}
        assert may("clinic_admin") == declared
        assert all(cast.ada.has_perm(name) for name in declared)


def test_the_grants_of_the_apps_are_given(riverside):
    with riverside.inside():
        for app in roles.declared():
            for code, codenames in app.grants.items():
                assert {f"{app.app_label}.{name}" for name in codenames} <= may(code)


def test_what_an_admin_took_away_stays_away_and_what_is_new_arrives(riverside, cast):
    with riverside.inside(by=cast.ada):
        role = Role.objects.get(code="compliance_officer")
        kept = may("compliance_officer") - {"accounts.view_staff"}
        roles.edit(role, permissions=kept, by=cast.ada, at=NOW)
        roles.sync()
        assert may("compliance_officer") == kept
        Permission.objects.filter(codename="view_staff").delete()  # as if the house had not known it before
        roles.sync()
        assert may("compliance_officer") == kept | {"accounts.view_staff"}
        assert "accounts.view_staff" in may("clinic_admin")


def test_a_permission_that_the_house_gave_up_goes(riverside):
    with riverside.inside():
        old = Permission.objects.get(codename="view_staff")
        Permission.objects.create(content_type=old.content_type, codename="use_fax", name="Send a fax")
        roles.sync()
        assert not Permission.objects.filter(codename="use_fax").exists()


def test_syncing_again_changes_nothing(riverside, django_assert_max_num_queries):
    with riverside.inside():
        before = {code: may(code) for code in roles.CLINIC_ROLES}
        with django_assert_max_num_queries(40):
            roles.sync()
        assert {code: may(code) for code in roles.CLINIC_ROLES} == before


def test_the_admin_role_is_not_edited_and_system_roles_are_not_renamed_or_deleted(riverside, cast):
    with riverside.inside(by=cast.ada):
        admin, nurse = Role.objects.get(code="clinic_admin"), Role.objects.get(code="nurse")
        with pytest.raises(roles.RoleIsFixed):
            roles.edit(admin, permissions=[], by=cast.ada, at=NOW)
        with pytest.raises(roles.RoleIsFixed):
            roles.edit(nurse, permissions=[], name="Matron", by=cast.ada, at=NOW)
        with pytest.raises(roles.RoleIsFixed):
            roles.delete(nurse, by=cast.ada, at=NOW)


def test_a_role_of_the_clinics_own(riverside, cast):
    with riverside.inside(by=cast.ada):
        role = roles.create(name="Night porter", permissions=["accounts.view_staff"], by=cast.ada, at=NOW)
        roles.give(cast.sara, "night_porter")
        assert cast.sara.has_perm("accounts.view_staff")
        with pytest.raises(roles.RoleInUse):
            roles.delete(role, by=cast.ada, at=NOW)
        with pytest.raises(roles.RoleNameTaken):
            roles.create(name="NIGHT  porter", permissions=[], by=cast.ada, at=NOW)
        roles.assign(cast.sara, ["front_desk"])
        assert not cast.sara.has_perm("accounts.view_staff")
        roles.delete(role, by=cast.ada, at=NOW)


def test_of_two_who_make_one_role_at_one_moment_the_second_is_told(riverside, cast, monkeypatch):
    with riverside.inside(by=cast.ada):
        roles.create(name="Scribe", permissions=[], by=cast.ada, at=NOW)
        other = roles.create(name="Porter", permissions=[], by=cast.ada, at=NOW)
        monkeypatch.setattr(roles, "_free_name", lambda name, **_besides: name)  # the other came in between
        with pytest.raises(roles.RoleNameTaken):
            roles.create(name="Scribe", permissions=[], by=cast.ada, at=NOW)
        with pytest.raises(roles.RoleNameTaken):
            roles.edit(other, name="Scribe", permissions=[], by=cast.ada, at=NOW)


def test_two_names_with_the_same_letters_get_two_codes(riverside, cast):
    with riverside.inside(by=cast.ada):
        assert roles.create(name="Night porter", permissions=[], by=cast.ada, at=NOW).code == "night_porter"
        assert roles.create(name="Night-Porter", permissions=[], by=cast.ada, at=NOW).code == "night_porter_2"
        assert roles.create(name="夜", permissions=[], by=cast.ada, at=NOW).code == "role"


def test_no_role_of_the_clinics_own_has_the_code_of_one_of_the_house(riverside, cast):
    """Whoever held it would be taken for an admin, and nobody could change it any more."""
    with riverside.inside(by=cast.ada):
        role = roles.create(name="System admin", permissions=[], by=cast.ada, at=NOW)
        roles.edit(role, permissions=["accounts.view_staff"], by=cast.ada, at=NOW)
        assert not roles.assign(cast.sara, [role.code]).is_staff


def test_an_unknown_permission_is_refused(riverside, cast):
    with riverside.inside(by=cast.ada), pytest.raises(roles.UnknownPermission):
        roles.create(name="Spy", permissions=["auth.delete_user"], by=cast.ada, at=NOW)


def test_rights_cost_one_question(riverside, cast, django_assert_num_queries):
    with riverside.inside(by=cast.ada), django_assert_num_queries(1):
        cast.sara.has_perm("accounts.view_staff"), cast.sara.has_perm("x.y"), cast.sara.role_codes


def test_editing_a_role_through_its_page(web, riverside, cast):
    admin = web(riverside, cast.ada)
    page = admin.get("/staff/roles/nurse/")
    assert "See who works here and their roles" in page.content.decode()
    assert not any(words in page.content.decode() for words in (">optional<", "(FR-"))
    assert admin.post("/staff/roles/nurse/", {"accounts": ["accounts.view_staff"]}).status_code == 302
    with riverside.inside():
        assert may("nurse") == {"accounts.view_staff"}
    assert web(riverside, cast.nia).get("/staff/").status_code == 200
    assert admin.post("/staff/roles/clinic_admin/", {"accounts": []}).status_code == 403
    assert admin.post("/staff/roles/nurse/", {"accounts": ["accounts.fly"]}).status_code == 400
    assert admin.post("/staff/roles/new/", {"name": "Optician", "accounts": []}).status_code == 302
    assert admin.post("/staff/roles/optician/deletion/").status_code == 302


def test_the_platform_has_its_own_role(platform):
    with platform.inside():
        assert list(Role.objects.values_list("code", flat=True)) == ["system_admin"]
        assert not Permission.objects.filter(content_type__model="work", content_type__app_label="scheduling").exists()
