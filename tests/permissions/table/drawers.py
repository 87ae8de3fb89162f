"""The cashier's day. The session is Cato's; who looks after all drawers may close it as well."""

from datetime import timedelta

from django.utils import timezone

from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.counting import Counted
from tests.permissions.table.billing import api_only, only

TAKERS = ("front_desk", "cashier", "billing_manager")

ROWS = {
    "billing:my_drawer": only(200, *TAKERS),
    "POST billing:open_drawer": only(400, *TAKERS),
    "billing:drawers": only(200, "billing_manager"),
    "POST billing:drawers": only(400, "billing_manager"),
    "POST billing:drawer": only(302, "billing_manager"),
    "billing:drawer_session": only(200, "cashier", "billing_manager"),
    "POST billing:drawer_move": only(400, "cashier", "billing_manager"),
    "billing:drawer_count": only(200, "cashier", "billing_manager"),
    "POST billing:drawer_count": only(400, "cashier", "billing_manager"),
    "billing:drawer_total": only(200, *TAKERS),
    "billing:drawer_recount": only(200, "cashier", "billing_manager"),
    "POST billing:drawer_recount": only(400, "cashier", "billing_manager"),
    "POST billing:drawer_lock": only(302, "cashier", "billing_manager"),
    "billing:drawer_paper": only(200, "cashier", "billing_manager"),
    # Handed over to Bela.
    "POST billing:drawer_accept": only(404, "front_desk", "cashier") | {"billing_manager": 302},
    "GET api-drawers": api_only(200, *TAKERS),
    "POST api-drawers": api_only(400, "billing_manager"),
    "PATCH api-drawer": api_only(200, "billing_manager"),
    "GET api-drawer-sessions": api_only(200, *TAKERS),
    "POST api-drawer-sessions": api_only(400, *TAKERS),
    "GET api-drawer-session": api_only(200, "cashier", "billing_manager"),
    "POST api-drawer-movements": api_only(400, "cashier", "billing_manager"),
    "POST api-drawer-count": api_only(400, "cashier", "billing_manager"),
    "POST api-drawer-recount": api_only(400, "cashier", "billing_manager"),
    "POST api-drawer-lock": api_only(200, "cashier", "billing_manager"),
    "POST api-drawer-handover": api_only(400, "cashier", "billing_manager"),
    "POST api-drawer-acceptance": api_only(403) | {"clinic_admin": 403, "billing_manager": 201},
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
