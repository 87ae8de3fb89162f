"""What the gateway collected, what it still holds, and what of it has reached the bank."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.billing.gateways import settling
from apps.billing.models import GatewaySettlement, Payment, Refund, SettlementPart
from apps.billing.paying import payments, refunds
from apps.billing.posting import day
from apps.core.refusals import Refusal
from apps.ledger import closing
from apps.ledger.closing import DayIsClosed
from tests.billing.cast import AT, DAY, Cast, D, balances, found_wrong


def collected(cast: Cast, amount: str = "100.00", **more: Any) -> Payment:
    """A payment by a link, on its invoice."""
    return cast.pay(amount, cast.issued(amount), method="link", **more)


@pytest.fixture
def paid(riverside: Any, cast: Cast) -> list[Payment]:
    with riverside.inside(by=cast.carl):
        return [collected(cast), collected(cast, "36.00")]


def test_from_the_gateway_to_the_bank(riverside: Any, cast: Cast, paid: list[Payment]) -> None:
    with riverside.inside(by=cast.bela):
        assert [row.paper for row in settling.held()] == paid
        assert balances()["gateway_clearing"] == D("136")
        said: dict[str, Any] = {"by": cast.bela, "at": AT, "source_reference": "statement 7"}
        made = settling.settle(payments=[paid[0].pk], amount="97.64", reference="UTR 1", **said)
        assert (made.gross, made.fee, made.amount, made.settled_on) == (D("100"), D("2.36"), D("97.64"), DAY)
        assert made.number == "STL-2026-00001"
        assert settling.settle(payments=[paid[0].pk], amount="97.64", **said) == made
        held = {"gateway_clearing": D("36"), "bank": D("97.64"), "gateway_fees": D("2.36")}
        assert {role: balances().get(role) for role in held} == held
        assert [row.paper for row in settling.held()] == paid[1:]
        assert found_wrong() == {}


def test_what_went_back_is_taken_off(riverside: Any, cast: Cast, paid: list[Payment]) -> None:
    with riverside.inside(by=cast.bela):
        back = refunds.refund(paid[0], amount="40.00", reason="Too much", on_paper=True, by=cast.bela, at=AT)
        made = settling.settle(
            payments=[one.pk for one in paid], refunds=[back.pk], amount="96.00", by=cast.bela, at=AT
        )
        assert (made.gross, made.fee) == (D("96"), D("0"))
        assert {part.amount for part in made.parts.all()} == {D("100"), D("36"), D("-40")}
        assert "gateway_clearing" not in balances()
        assert found_wrong() == {}


def test_what_cannot_be_settled(riverside: Any, cast: Cast, paid: list[Payment]) -> None:
    now = timezone.now()
    with riverside.inside(by=cast.bela):
        cash = cast.pay("5.00", cast.issued("5.00"))
        pending = payments.expect(cast.asha, method="link", amount="7.00", by=cast.carl, at=AT)
        one, other = (payment.pk for payment in paid)
        back = refunds.refund(paid[1], amount="36.00", reason="Wrong", on_paper=True, by=cast.bela, at=AT)
        settling.settle(payments=[one], amount="100.00", by=cast.bela, at=AT)
        for wish, code in (
            ({"payments": []}, "nothing_settled"),
            ({"payments": [one]}, "not_held"),
            ({"payments": [cash.pk]}, "not_held"),
            ({"payments": [pending.pk]}, "not_held"),
            ({"payments": [uuid4()]}, "not_held"),
            ({"payments": [], "refunds": [back.pk]}, "more_than_held"),
            ({"payments": [other], "amount": "36.01"}, "more_than_held"),
            ({"payments": [other], "amount": "0"}, "invalid_amount"),
            ({"payments": [other], "amount": "-1"}, "invalid_amount"),
            ({"payments": [other], "amount": "NaN"}, "invalid_amount"),
            ({"payments": [other], "settled_on": day(now) + timedelta(days=1)}, "settled_in_the_future"),
        ):
            with pytest.raises(Refusal) as refused:
                settling.settle(**{"amount": "1.00", "by": cast.bela, "at": now, **wish})
            assert refused.value.code == code, wish
        closing.close(DAY, by=cast.bela, at=now)
        with pytest.raises(DayIsClosed):
            settling.settle(payments=[other], amount="36.00", settled_on=DAY, by=cast.bela, at=now)
        assert GatewaySettlement.objects.count() == 1
        assert found_wrong() == {}


def test_a_paper_is_settled_once(riverside: Any, cast: Cast, paid: list[Payment]) -> None:
    """Also by whoever writes the rows themselves."""
    with riverside.inside(by=cast.bela):
        back = refunds.refund(paid[1], amount="36.00", reason="Wrong", on_paper=True, by=cast.bela, at=AT)
        made = settling.settle(
            payments=[one.pk for one in paid], refunds=[back.pk], amount="100.00", by=cast.bela, at=AT
        )
        for paper in ({"payment": paid[0], "amount": 100}, {"refund": back, "amount": -36}):
            with pytest.raises(IntegrityError, match="already exists"), transaction.atomic():
                SettlementPart.objects.create(settlement=made, **paper)


def test_on_the_page(
    riverside: Any, cast: Cast, paid: list[Payment], people: dict[str, Any], web: Callable[..., Client]
) -> None:
    bela = web(riverside, people["bela"])
    assert "Settlements" in bela.get("/billing/").content.decode()
    page = bela.get("/billing/settlements/")
    assert [key for key, _row, ticked in page.context["held"] if ticked] == [f"payment:{one.pk}" for one in paid]
    form = {"ticket": uuid4(), "parts": [f"payment:{paid[0].pk}"], "amount": "101", "reference": "UTR 1"}
    wrong = bela.post("/billing/settlements/", form)
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (400, ["amount"])
    assert [ticked for _key, _row, ticked in wrong.context["held"]] == [True, False]
    assert "UTR 1" in wrong.content.decode()
    none = bela.post("/billing/settlements/", {**form, "parts": []})
    assert (none.status_code, list(none.context["form"].errors)) == (400, ["parts"])
    made = bela.post("/billing/settlements/", {**form, "amount": "98"}, follow=True)
    assert "STL-2026-00001" in made.content.decode()
    bela.post("/billing/settlements/", {**form, "amount": "98"})
    with riverside.inside():
        assert GatewaySettlement.objects.count() == 1
        assert found_wrong() == {}
    listed = bela.get("/billing/settlements/").content.decode()
    assert "STL-2026-00001" in listed
    assert f"payment:{paid[0].pk}" not in listed


def test_through_the_api(riverside: Any, cast: Cast, paid: list[Payment], people: dict[str, Any], api: Any) -> None:
    with riverside.inside(by=cast.bela):
        refunds.refund(paid[1], amount="6.00", reason="Too much", on_paper=True, by=cast.bela, at=AT)
        back = Refund.objects.get()
    bela = api(riverside, people["bela"])
    held = bela.get("/api/v1/gateway-holdings/").data["results"]
    assert [(row["amount"], row["refund"]) for row in held] == [("100.00", None), ("36.00", None), ("-6.00", back.pk)]
    wish = {"payments": [row["payment"] for row in held[:2]], "refunds": [back.pk], "amount": "127.50"}
    key = {"Idempotency-Key": str(uuid4())}
    made = bela.post("/api/v1/gateway-settlements/", wish, headers=key)
    assert (made.status_code, made.data["gross"], made.data["fee"]) == (201, "130.00", "2.50")
    assert bela.post("/api/v1/gateway-settlements/", wish, headers=key).json() == made.json()
    assert bela.post("/api/v1/gateway-settlements/", wish).data["code"] == "not_held"
    assert bela.get(f"/api/v1/gateway-settlements/{made.data['id']}/").json() == made.json()
    [listed] = bela.get("/api/v1/gateway-settlements/").data["results"]
    assert len(listed["parts"]) == 3


def test_the_page_asks_as_much_for_three_as_for_one(
    riverside: Any, cast: Cast, people: dict[str, Any], web: Callable[..., Client]
) -> None:
    bela = web(riverside, people["bela"])
    asked = []
    for more in (1, 2):
        with riverside.inside(by=cast.carl):
            for _each in range(more):
                collected(cast)
        bela.get("/billing/settlements/")
        with CaptureQueriesContext(connection) as queries:
            assert bela.get("/billing/settlements/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
