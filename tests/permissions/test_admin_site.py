"""The administration sites: a clinic admin's and the system admin's alone, and read-only where rules are kept."""

import pytest
from django.contrib import admin
from django.db.models import Max
from django.urls import reverse

from apps.accounts.admin_sites import console_admin
from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.billing.lowering import write_offs
from apps.billing.paying import refunds
from tests.billing.cast import AT, make_cast


def addresses(site, urlconf):
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", urlconf)
        for model in site._registry
    ]
    return [reverse("admin:index", urlconf), *lists]


def test_every_page_is_the_clinic_admins_alone(web, riverside, cast):
    browsers = {role: web(riverside, person) for role, person in cast.by_role().items()}
    for address in addresses(admin.site, "hpms.urls"):
        seen = {role: browser.get(address).status_code for role, browser in browsers.items()}
        assert seen.pop("clinic_admin") == 200, address
        refused = dict.fromkeys(seen, 302)
        assert seen == refused, address  # to the site's sign-in, which refuses whoever is signed in
        assert browsers["front_desk"].get(address, follow=True).status_code == 403
        stranger = web(riverside).get(address, follow=True)
        assert stranger.redirect_chain[-1][0].startswith("/sign-in/?next=")


def test_every_form_opens(web, riverside, cast):
    browser = web(riverside, cast.ada)
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        expected = 200 if model_admin.has_add_permission(_as(cast.ada)) else 403
        assert browser.get(reverse(f"{name}_add", "hpms.urls")).status_code == expected, name


def _as(person):
    from types import SimpleNamespace

    return SimpleNamespace(user=person)


def test_staff_are_looked_up_but_not_changed_here(web, riverside, cast):
    browser = web(riverside, cast.ada)
    page = f"/administration/accounts/user/{cast.sara.pk}/change/"
    assert browser.get(page).status_code == 200
    assert browser.post(page, {"is_active": ""}).status_code == 403
    assert browser.post(f"/administration/accounts/user/{cast.sara.pk}/delete/", {"post": "yes"}).status_code == 403
    assert b"argon2" not in browser.get(page).content


@pytest.mark.parametrize("asked", ["password__startswith=argon2", "stamp__startswith=a", "last_login__isnull=1"])
def test_nothing_is_guessed_by_filters_that_the_page_does_not_offer(web, riverside, cast, asked):
    assert web(riverside, cast.ada).get(f"/administration/accounts/user/?{asked}").status_code == 400


def test_what_a_list_offers_filters_it(web, riverside, cast):
    browser = web(riverside, cast.ada)
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", "hpms.urls")
        changes = browser.get(address).context["cl"]
        links = [choice["query_string"] for spec in changes.filter_specs for choice in spec.choices(changes)]
        for link in links[:12]:
            assert browser.get(f"{address}{link}").status_code == 200, (address, link)
    assert browser.get("/administration/scheduling/appointment/?starts_at__year=2026").status_code == 200


def test_money_that_tells_of_a_patient_leaves_a_trace_as_the_pages_do(web, riverside, cast):
    with riverside.inside(by=cast.ada):
        money = make_cast()
        invoice = money.issued("100")
        paid = money.pay("30", invoice)
        said = {"by": cast.ada, "at": AT}
        back = refunds.refund(paid, amount="5", reason="Was ill", method="cash", **said)
        off = write_offs.write_off(invoice, amount="10", reason="Lost her job", category="bad_debt", **said)
    browser = web(riverside, cast.ada)
    for row, read in ((invoice, "invoice"), (paid, "payment"), (back, "payment"), (off, "invoice")):
        name = f"admin:billing_{row._meta.model_name}"
        pages = [reverse(f"{name}_changelist", "hpms.urls"), reverse(f"{name}_change", "hpms.urls", args=[row.pk])]
        for page, kind in zip(pages, ("billing list", read), strict=True):
            with riverside.inside(by=cast.ada):
                before = AuditEvent.objects.aggregate(last=Max("id"))["last"]
            assert browser.get(page).status_code == 200
            with riverside.inside(by=cast.ada):
                read_now = AuditEvent.objects.filter(id__gt=before, action="read", patient_id=money.asha.pk)
                assert [event.table_name for event in read_now] == [kind], page


def test_what_libraries_register_is_left_out():
    assert {model.__module__.split(".")[0] for model in admin.site._registry} == {"apps"}


def test_the_platforms_site_is_the_system_admins(web, platform, riverside, cast):
    with platform.inside():
        pat = User.objects.create_superuser("pat@hpms.example", full_name="Pat Quist")
    for address in addresses(console_admin, "hpms.urls_public"):
        assert web(platform, pat).get(address).status_code == 200
        assert web(platform).get(address).status_code == 302
        smuggled = web(riverside, cast.ada).get(address, headers={"host": "localhost"})
        assert smuggled.status_code == 302


@pytest.mark.parametrize("leave", ["logout", "password_change"])
def test_leaving_and_passwords_are_the_houses_own(web, riverside, cast, leave):
    browser = web(riverside, cast.ada)
    answer = browser.post(reverse(f"admin:{leave}", "hpms.urls"))
    assert answer.status_code == 302
    assert answer["Location"] in {"/sign-out/", "/me/password/"}
