"""What is measured: a name, the target that issue and requirements set, and how to ask for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from apps.accounts import tokens
from apps.bench.measuring import Request
from apps.bench.stage import MINUTES, OPENS, Stage
from apps.core.clock import at_wall_time, now

UTC = ZoneInfo("UTC")
SLOTS_A_DAY = 50
LETTERS = ("as", "pa", "mei", "omar", "zoë", "ruiz", "okafor", "ka", "ta", "priya kaur")


@dataclass(frozen=True)
class Scenario:
    """`target`: milliseconds of server time at p95, one client on one core; `queries`: at most so many."""

    name: str
    words: str
    target: float
    queries: int | None
    prepare: Callable[[Stage], Request]
    most: Callable[[Stage], int | None] = lambda stage: None


def _browser(stage: Stage) -> Client:
    browser = Client(headers={"host": f"{stage.clinic.slug}.{settings.HPMS_DOMAIN}"}, raise_request_exception=False)
    with stage.inside():
        stage.admin.act()
        browser.force_login(stage.admin)
    return browser


def _caller(stage: Stage) -> APIClient:
    caller = APIClient(headers={"host": f"{stage.clinic.slug}.{settings.HPMS_DOMAIN}"}, raise_request_exception=False)
    with stage.inside():
        stage.admin.act()
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.begin(stage.admin, at=now()).access}")
    return caller


def _page(path: str) -> str:
    return reverse(path, settings.ROOT_URLCONF)


def day_sheet(stage: Stage) -> Request:
    browser, path = _browser(stage), f"{_page('scheduling:day_sheet')}?day={stage.day}"
    return lambda number: _answer(browser.get(path))


def nothing_new(stage: Stage) -> Request:
    """What an open day sheet asks every 2.3 seconds: 50 of them are 22 of these a second."""
    browser, path = _browser(stage), _page("scheduling:changes")
    seen = " ".join(f"{one.pk}-{stage.day:%Y%m%d}:0" for one in stage.providers)
    headers = {"X-Background": "live", "X-Sheet": "day 7 22", "X-Sheet-Marks": seen}
    headers["X-Live"] = browser.get(path, headers=headers).headers["X-Live"]
    return lambda number: _answer(browser.get(path, headers=headers))


def flow_board(stage: Stage) -> Request:
    browser, path = _browser(stage), _page("scheduling:flow_board")
    return lambda number: _answer(browser.get(path))


def own_day(stage: Stage) -> Request:
    """The provider's day: the bench's admin is the first provider."""
    browser, path = _browser(stage), _page("scheduling:my_day")
    return lambda number: _answer(browser.get(path))


def booking(stage: Stage) -> Request:
    """Every request books another free time, on the days after the full ones."""
    caller, path = _caller(stage), _page("api-appointments")

    def book(number: int) -> HttpResponse:
        column, row = number % len(stage.providers), number // len(stage.providers)
        day = stage.day + timedelta(days=stage.full_days + 1 + row // SLOTS_A_DAY)
        starts_at = at_wall_time(day, OPENS, UTC) + timedelta(minutes=MINUTES * (row % SLOTS_A_DAY))
        wish = {
            "patient": stage.patients[number % len(stage.patients)].pk,
            "provider": stage.providers[column].pk,
            "appointment_type": stage.kind.pk,
            "starts_at": starts_at,
            "reason": "Follow-up",
            "patient_sees_both": True,
        }
        return _answer(caller.post(path, wish, format="json"))

    return book


def patient_search(stage: Stage) -> Request:
    """As somebody types into the bar: the short list below it."""
    browser, path = _browser(stage), _page("patients:search")
    typing = {"HX-Request": "true", "HX-Target": "found-patients"}
    return lambda number: _answer(browser.post(path, {"q": LETTERS[number % len(LETTERS)]}, headers=typing))


def free_times(stage: Stage) -> Request:
    caller = _caller(stage)
    last_day = stage.day + timedelta(days=13)
    path = f"{_page('api-free-times')}?type={stage.kind.pk}&from={stage.day}&to={last_day}&limit=20"
    return lambda number: _answer(caller.get(path))


def first_free(stage: Stage) -> Request:
    """The page on which the desk finds the first free time after four with anybody."""
    browser = _browser(stage)
    path = f"{_page('scheduling:find_time')}?type={stage.kind.pk}&day={stage.day}&days=14&after=16:00"
    return lambda number: _answer(browser.get(path))


def dashboard(stage: Stage) -> Request:
    browser, path = _browser(stage), _page("reports:dashboard")
    return lambda number: _answer(browser.get(path))


def _answer(answer: object) -> HttpResponse:
    assert isinstance(answer, HttpResponse)
    return answer


SCENARIOS = (
    Scenario("day-sheet", "the day sheet", 80, 12, day_sheet),
    Scenario("news", "an open sheet asks for news", 15, 9, nothing_new),
    Scenario("flow-board", "the flow board", 80, 12, flow_board),
    Scenario("my-day", "a provider's own day", 30, 12, own_day),
    Scenario("booking", "a booking (API)", 40, None, booking, lambda stage: len(stage.providers) * SLOTS_A_DAY * 60),
    Scenario("search", "patient search", 50, None, patient_search),
    Scenario("free-times", "free times, 14 days", 60, None, free_times),
    Scenario("first-free", "first free after 16:00", 60, None, first_free),
    Scenario("dashboard", "the dashboard's month", 300, None, dashboard),
)
