"""What a page lets somebody do, the API lets them do too, and the other way round: one rule, two doors."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from apps.accounts import roles
from tests.kept import undone
from tests.permissions.table import scheduling
from tests.permissions.test_table import CLINIC

STEPS = {
    "arrival": "arrival",
    "start": "start",
    "completion": "completion",
    "no_show": "no-show",
    "undo": "undo",
    "move": "reschedule",
    "cancellation": "cancellation",
}


@pytest.mark.parametrize(("page", "call"), STEPS.items())
def test_both_doors_ask_for_the_same(page, call):
    asked = CLINIC[f"api-appointment-{call}"].callback.cls.permission_classes[0].wanted("POST", None)
    assert set(CLINIC[f"scheduling:{page}"].callback.access) == set(asked)


@pytest.mark.parametrize("step", ["start", "completion"])
def test_who_may_run_any_visit_needs_no_visits_of_their_own(riverside, cast, web, api, step):
    with riverside.inside(by=cast.ada):
        parts = scheduling.kwargs(f"api-appointment-{step}", cast)
    page, call = (
        reverse(name, settings.ROOT_URLCONF, kwargs=parts) for name in (f"scheduling:{step}", f"api-appointment-{step}")
    )
    seen = {}
    for permission in ("scheduling.run_any_visit", "scheduling.run_visit", "scheduling.view_appointment"):
        with riverside.inside(by=cast.ada):
            role = roles.create(name=permission, permissions=[permission], by=cast.ada, at=timezone.now())
            roles.assign(cast.olu, [role.code])
        with undone():
            seen[permission, "api"] = api(riverside, cast.olu).post(call).status_code
        with undone():
            seen[permission, "page"] = web(riverside, cast.olu).post(page).status_code
    assert seen == {
        ("scheduling.run_any_visit", "api"): 200,
        ("scheduling.run_any_visit", "page"): 302,
        ("scheduling.run_visit", "api"): 403,  # the visit is Dr Shah's
        ("scheduling.run_visit", "page"): 403,
        ("scheduling.view_appointment", "api"): 403,
        ("scheduling.view_appointment", "page"): 403,
    }
