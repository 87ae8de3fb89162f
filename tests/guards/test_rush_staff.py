"""Two clinic admins at once: an address is given once, and nobody waits for somebody who waits for them."""

from typing import Any

from django.utils import timezone

from apps.accounts import staff
from tests.guards.test_rush import at_once

NOW = timezone.now()


def test_an_address_is_invited_once(throw_away: str, riverside: Any, cast: Any) -> None:
    def invite() -> None:
        staff.invite(email="noor@riverside.example", full_name="Noor", roles=["nurse"], by=cast.ada, at=NOW)

    def rename() -> None:
        staff.amend(cast.nia, full_name="Nia", email="noor@riverside.example", roles=["nurse"], by=cast.ada, at=NOW)

    ended = at_once(riverside, [invite, rename, invite, invite])
    assert ended == {"done": 1, "email_taken": 3}


def test_one_amends_whom_the_other_deactivates(throw_away: str, riverside: Any, cast: Any) -> None:
    def amend() -> None:
        staff.amend(cast.nia, full_name="Nia", email=cast.nia.email, roles=["nurse", "cashier"], by=cast.ada, at=NOW)

    def close() -> None:
        staff.deactivate(cast.nia, by=cast.ada, at=NOW)

    assert at_once(riverside, [amend, close] * 8) == {"done": 16}
