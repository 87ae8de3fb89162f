"""A row of the bench's table, what may be asked of the bench, and how it asks the house: as a browser, or a program."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from apps.accounts import tokens
from apps.bench.measuring import Request
from apps.bench.stage import Stage
from apps.core.clock import now


@dataclass(frozen=True)
class Scenario:
    """`target`: milliseconds of server time at p95, one client on one core, unless it counts in another row only;
    `queries`: at most so many. `has_floor`: it is one request, so that its SQL can be played again."""

    name: str
    words: str
    target: float | None
    queries: int | None
    prepare: Callable[[Stage], Request]
    most: Callable[[Stage], int | None] = lambda stage: None
    has_floor: bool = True


def positive(text: str) -> int:
    """An option of the bench: a whole number from 1 to 1,000,000. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise ArgumentTypeError("a whole number from 1 to 1,000,000")
    return int(text)


def browser(stage: Stage) -> Client:
    desk = Client(headers={"host": f"{stage.clinic.slug}.{settings.HPMS_DOMAIN}"}, raise_request_exception=False)
    with stage.inside():
        stage.admin.act()
        desk.force_login(stage.admin)
    return desk


def caller(stage: Stage) -> APIClient:
    program = APIClient(headers={"host": f"{stage.clinic.slug}.{settings.HPMS_DOMAIN}"}, raise_request_exception=False)
    with stage.inside():
        stage.admin.act()
        program.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.begin(stage.admin, at=now()).access}")
    return program


def page(path: str, *ids: object) -> str:
    return reverse(path, settings.ROOT_URLCONF, args=ids)


def answer(answer: object) -> HttpResponse:
    assert isinstance(answer, HttpResponse)
    return answer
