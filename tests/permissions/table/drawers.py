"""The cashier's day. The session is Cato's; who looks after all drawers may close it as well."""

from datetime import timedelta

from django.utils import timezone

from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.counting import Counted
from tests.permissions.roles import only

TAKERS = ("front_desk", "cashier", "billing_manager")

ROWS = {
    "billing:my_drawer": only(302, 200, *TAKERS),
    "POST billing:open_drawer": only(302, 400, *TAKERS),
    "billing:drawers": only(302, 200, "billing_manager"),
    "POST billing:drawers": only(302, 400, "billing_manager"),
    "POST billing:drawer": only(302, 302, "billing_manager"),
    "billing:drawer_session": only(302, 200, "cashier", "billing_manager"),
    "POST billing:drawer_move": only(302, 400, "cashier", "billing_manager"),
    "billing:drawer_count": only(302, 200, "cashier", "billing_manager"),
    "POST billing:drawer_count": only(302, 400, "cashier", "billing_manager"),
    "billing:drawer_total": only(302, 200, *TAKERS),
    "billing:drawer_recount": only(302, 200, "cashier", "billing_manager"),
    "POST billing:drawer_recount": only(302, 400, "cashier", "billing_manager"),
    "POST billing:drawer_lock": only(302, 302, "cashier", "billing_manager"),
    "billing:drawer_paper": only(302, 200, "cashier", "billing_manager"),
    # Handed over to Bela.
    "POST billing:drawer_accept": only(302, 404, "front_desk", "cashier") | {"billing_manager": 302},
    "GET api-drawers": only(401, 200, *TAKERS),
    "POST api-drawers": only(401, 400, "billing_manager"),
    "PATCH api-drawer": only(401, 200, "billing_manager"),
    "GET api-drawer-sessions": only(401, 200, *TAKERS),
    "POST api-drawer-sessions": only(401, 400, *TAKERS),
    "GET api-drawer-session": only(401, 200, "cashier", "billing_manager"),
    "POST api-drawer-movements": only(401, 400, "cashier", "billing_manager"),
    "POST api-drawer-count": only(401, 400, "cashier", "billing_manager"),
    "POST api-drawer-recount": only(401, 400, "cashier", "billing_manager"),
    "POST api-drawer-lock": only(401, 200, "cashier", "billing_manager"),
    "POST api-drawer-handover": only(401, 400, "cashier", "billing_manager"),
    "POST api-drawer-acceptance": only(401, 403) | {"clinic_admin": 403, "billing_manager": 201},
}


def kwargs(name, cast):
    at = timezone.now() - timedelta(hours=1)
    till = tills.add_drawer(name="Front desk", by=cast.bela, at=at)
    if name in {"billing:drawer", "api-drawer"}:
        return {"pk": till.pk}
    session = sessions.open_session(till, pieces={"100": 5}, by=cast.cato, at=at)
    if name.endswith(("recount", "lock", "paper", "handover", "accept", "acceptance")):
        session = counting.count(session, Counted({"100": 5}), by=cast.cato, at=at)
    if name.endswith(("accept", "acceptance")):
        session = sessions.hand_over(session, to=cast.bela, by=cast.cato, at=at)
    return {"pk": session.pk}
