"""The platform has some pages in common with the clinics (staff, the trail): they open there as well."""

import re

import pytest
from django.conf import settings
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from tests.cast import PASSWORD

STAFF = ("me", "password_change", "staff_list", "invite", "sign_ins", "roles", "new_role")
PAGES = ["audit:trail", *(f"accounts:{page}" for page in STAFF)]


@pytest.fixture
def console(web, platform):
    with platform.inside():
        root = User.objects.create_superuser("root@hpms.example", PASSWORD, full_name="Rut System")
    return web(platform, root)


@pytest.mark.parametrize("name", PAGES)
def test_the_system_admin_opens_a_page_that_clinics_have_too(name, console):
    answer = console.get(reverse(name, settings.PUBLIC_SCHEMA_URLCONF), follow=True)
    assert answer.status_code == 200


def test_the_system_admin_opens_what_the_platforms_trail_lists(platform, console):
    listed = re.findall(r'href="(/audit/\d+/)"', console.get("/audit/").content.decode())
    with platform.inside():
        newest = AuditEvent.objects.order_by("-id").values_list("id", flat=True)[0]
    assert listed[0] == f"/audit/{newest}/"
    assert console.get(listed[0]).status_code == 200
