"""kill -9 while money comes in: what was acknowledged is there once, however often it was asked; the books balance."""

import http.client
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from django.utils import timezone

from apps.accounts import tokens
from apps.billing.models import Invoice, Payment
from apps.ledger.checking import running
from apps.ledger.models import JournalEntry
from tests.billing.cast import make_cast
from tests.house import House, start_house

KEYS = 40
KILLINGS = 4
TRIES = 50


def test_servers_killed_while_payments_come_in_lose_none_and_double_none(throw_away: str, riverside: Any) -> None:
    with riverside.inside():
        cast = make_cast()
        invoices = [str(cast.issued("100.00").pk) for _number in range(KEYS)]
    with riverside.inside(by=cast.carl):
        access = tokens.begin(cast.carl, at=timezone.now()).access
    house = start_house(throw_away, GUNICORN_CMD_ARGS="--preload")  # others are forked at once
    begun = [Event() for _killing in range(KILLINGS)]

    def pay(number: int) -> str:
        """As a program does that was told nothing: the same request with the same key until there is an answer."""
        headers = {"Host": riverside.host, "Authorization": f"Bearer {access}", "Content-Type": "application/json"}
        body = {"method": "cash", "amount": "100.00", "invoices": [{"invoice": invoices[number]}]}
        for _again in range(TRIES):
            if number % (KEYS // KILLINGS) == 0:
                begun[number // (KEYS // KILLINGS)].set()
            try:
                line = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
                line.request(
                    "POST", "/api/v1/payments/", json.dumps(body), {**headers, "Idempotency-Key": f"p{number}"}
                )
                answer = line.getresponse()
                told = answer.read()
            except (OSError, http.client.HTTPException):
                continue
            assert answer.status == 201, told
            return str(json.loads(told)["id"])
        raise AssertionError("The server did not come back.")

    try:
        with ThreadPoolExecutor(8) as desks:
            answers = [desks.submit(pay, number) for number in range(KEYS)]
            for moment in begun:
                assert moment.wait(60)
                _kill_workers(house)
            acknowledged = [answer.result() for answer in answers]
    finally:
        house.process.terminate()
        house.process.wait(30)
    with riverside.inside():
        assert sorted(acknowledged) == sorted(map(str, Payment.objects.values_list("pk", flat=True)))
        assert len(set(acknowledged)) == KEYS
        assert {str(pk) for pk in Invoice.objects.filter(due=0).values_list("pk", flat=True)} == set(invoices)
        assert JournalEntry.objects.filter(source="payment_received").count() == KEYS
        check = running.check_books(by=None, at=timezone.now())
        assert [(one.code, one.findings) for one in check.results.all() if one.found] == []


def _kill_workers(house: House) -> None:
    """Those of this moment; the server's first process starts others."""
    children = Path(f"/proc/{house.process.pid}/task/{house.process.pid}/children").read_text().split()
    for worker in children:
        os.kill(int(worker), signal.SIGKILL)
