"""A gateway that plays, an account there, a link, and messages about it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.gateways import which
from apps.billing.models import PaymentLink
from tests.billing.cast import AT, Cast, make_cast
from tests.billing.gateway_server import KEY, PlayGateway
from tests.billing.gateways.scene import WEBHOOK, asked, worked
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of
from tests.kept import keep


@pytest.fixture
def gateway(settings: Any) -> Iterator[PlayGateway]:
    with PlayGateway() as playing:
        settings.HPMS_PAYMENT_GATEWAY = playing.address
        yield playing


@keep
def kept_cast() -> Cast:
    with clinic_of("riverside").inside():
        made = make_cast()
        which.set_up(merchant="riverside", key=KEY, by=made.bela, at=AT)
        return made


@pytest.fixture
def cast(kept_cast: Cast, riverside: Any) -> Cast:
    return kept_cast


@pytest.fixture
def link(gateway: PlayGateway, cast: Cast, riverside: Any) -> PaymentLink:
    made = asked(riverside, cast)
    assert worked(riverside)
    with riverside.inside():
        return PaymentLink.objects.select_related("payment").get(pk=made.pk)


@pytest.fixture
def tell(gateway: PlayGateway, web: Callable[..., Client], riverside: Any) -> Callable[..., tuple[int, str]]:
    """The gateway (or whoever has its key) says something; a stranger's browser carries it."""
    stranger = web(riverside, enforce_csrf_checks=True)

    def say(body: bytes, *, at: datetime | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
        signed = gateway.signed(body, at=at or timezone.now()) if headers is None else headers
        answer = stranger.post(WEBHOOK, body, content_type="application/json", headers=signed)
        return answer.status_code, answer.json()["outcome"]

    return say


@pytest.fixture
def people(riverside: Any) -> dict[str, Any]:
    with riverside.inside():
        return people_of("riverside", RIVERSIDE)
