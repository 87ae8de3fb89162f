"""Several people at one drawer at once: what is counted is what was there, and one of two is told so."""

from typing import Any

import pytest

from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.counting import Counted
from apps.billing.models import DrawerSession, Payment
from tests.billing.cast import AT, Cast, D
from tests.billing.test_together import cast, together  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("throw_away")


def test_of_two_who_open_a_drawer_one_has_it(cast: Cast, riverside: Any) -> None:  # noqa: F811
    with riverside.inside():
        till, other = (tills.add_drawer(name=name, by=cast.bela, at=AT) for name in ("One", "Two"))
    opens = [lambda by=by: sessions.open_session(till, pieces={}, by=by, at=AT) for by in (cast.bela, cast.carl)]
    assert together(riverside, *opens) == ["done", "drawer_taken"]
    with riverside.inside():
        session = DrawerSession.objects.get()
        session = counting.count(session, Counted({}), by=session.cashier, at=AT)
        sessions.lock(session, by=session.cashier, at=AT)
    twice = [lambda at=at: sessions.open_session(at, pieces={}, by=cast.carl, at=AT) for at in (till, other)]
    assert together(riverside, *twice) == ["done", "has_a_drawer"]


def test_payments_and_a_count_at_once(cast: Cast, riverside: Any) -> None:  # noqa: F811
    """Each payment is in the count or refused; none falls between."""
    with riverside.inside():
        till = tills.add_drawer(name="One", by=cast.bela, at=AT)
        session = sessions.open_session(till, pieces={"100": 1}, by=cast.carl, at=AT)

    def pay() -> None:
        cast.pay("10.00", credit_consent=True)

    def count() -> None:
        counting.count(session, Counted({"100": 1}), by=cast.carl, at=AT)

    outcomes = together(riverside, pay, pay, count, pay, pay)
    assert set(outcomes) <= {"done", "drawer_is_counted"}
    with riverside.inside():
        taken = Payment.objects.count()
        assert outcomes.count("done") == taken + 1
        assert not Payment.objects.exclude(drawer_session=session).exists()
        assert session.counts.get(method="cash").expected == D("100") + 10 * taken


def test_of_two_who_accept_or_lock_one_does(cast: Cast, riverside: Any) -> None:  # noqa: F811
    with riverside.inside():
        till = tills.add_drawer(name="One", by=cast.bela, at=AT)
        session = sessions.open_session(till, pieces={"100": 1}, by=cast.carl, at=AT)
        session = counting.count(session, Counted({"50": 1}), by=cast.carl, at=AT)
        said = {"reasons": {"cash": "Lost"}, "by": cast.carl, "at": AT}
        session = sessions.hand_over(session, to=cast.bela, **said)
    outcomes = together(
        riverside,
        lambda: sessions.accept(session, by=cast.bela, at=AT),
        lambda: sessions.accept(session, by=cast.bela, at=AT),
        lambda: sessions.lock(session, **said),
    )
    assert outcomes == ["done", "session_is_locked", "session_is_locked"]
