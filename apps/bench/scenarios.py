"""What is measured at the desk, and how to ask for it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from apps.bench.asking import Scenario, answer, browser, caller, page
from apps.bench.measuring import Request
from apps.bench.stage import MINUTES, OPENS, Stage
from apps.core.clock import at_wall_time

UTC = ZoneInfo("UTC")
SLOTS_A_DAY = 50
VISIBLE = 500  # visits on the sheet
LETTERS = ("as", "pa", "mei", "omar", "zoë", "ruiz", "okafor", "ka", "ta", "priya kaur")


def day_sheet(stage: Stage) -> Request:
    """All providers; of a clinic with more than 500 visits a day as many as have 500."""
    desk, path = browser(stage), f"{page('scheduling:day_sheet')}?day={stage.day}"
    shown = stage.providers[: max(1, VISIBLE // stage.visits_a_day)]
    if len(shown) < len(stage.providers):
        path += "".join(f"&provider={one.pk}" for one in shown)
    return lambda number: answer(desk.get(path))


def nothing_new(stage: Stage) -> Request:
    """What an open day sheet asks every 2.3 seconds: 50 of them are 22 of these a second."""
    desk, path = browser(stage), page("scheduling:changes")
    seen = " ".join(f"{one.pk}-{stage.day:%Y%m%d}:0" for one in stage.providers)
    headers = {"X-Background": "live", "X-Sheet": "day 7 22", "X-Sheet-Marks": seen}
    headers["X-Live"] = desk.get(path, headers=headers).headers["X-Live"]
    return lambda number: answer(desk.get(path, headers=headers))


def flow_board(stage: Stage) -> Request:
    desk, path = browser(stage), page("scheduling:flow_board")
    return lambda number: answer(desk.get(path))


def own_day(stage: Stage) -> Request:
    """The provider's day: the bench's admin is the first provider."""
    desk, path = browser(stage), page("scheduling:my_day")
    return lambda number: answer(desk.get(path))


def booking(stage: Stage) -> Request:
    """Every request books another free time, on the days after the full ones."""
    program, path = caller(stage), page("api-appointments")

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
        return answer(program.post(path, wish, format="json"))

    return book


def patient_search(stage: Stage) -> Request:
    """As somebody types into the bar: the short list below it."""
    desk, path = browser(stage), page("patients:search")
    typing = {"HX-Request": "true", "HX-Target": "found-patients"}
    return lambda number: answer(desk.post(path, {"q": LETTERS[number % len(LETTERS)]}, headers=typing))


def free_times(stage: Stage) -> Request:
    program = caller(stage)
    last_day = stage.day + timedelta(days=13)
    path = f"{page('api-free-times')}?type={stage.kind.pk}&from={stage.day}&to={last_day}&limit=20"
    return lambda number: answer(program.get(path))


def first_free(stage: Stage) -> Request:
    """The page on which the desk finds the first free time after four with anybody."""
    desk = browser(stage)
    path = f"{page('scheduling:find_time')}?type={stage.kind.pk}&day={stage.day}&days=14&after=16:00"
    return lambda number: answer(desk.get(path))


def dashboard(stage: Stage) -> Request:
    desk, path = browser(stage), page("reports:dashboard")
    return lambda number: answer(desk.get(path))


SCENARIOS = (
    Scenario("day-sheet", "the day sheet", 80, 12, day_sheet),
    Scenario("news", "an open sheet asks for news", 15, 6, nothing_new),
    Scenario("flow-board", "the flow board", 80, 12, flow_board),
    Scenario("my-day", "a provider's own day", 30, 12, own_day),
    Scenario("booking", "a booking (API)", 40, None, booking, lambda stage: len(stage.providers) * SLOTS_A_DAY * 60),
    Scenario("search", "patient search", 50, None, patient_search),
    Scenario("free-times", "free times, 14 days", 60, None, free_times),
    Scenario("first-free", "first free after 16:00", 60, None, first_free),
    Scenario("dashboard", "the dashboard's month", 300, None, dashboard),
)
