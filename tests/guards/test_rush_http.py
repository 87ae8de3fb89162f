"""A hundred desks press the same button at the same moment, through a real web server: one gets the slot, 99 are told
who has it, nobody waits long and nothing fails.
"""

import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.accounts import tokens
from apps.clinic import providers
from apps.core.clock import at_wall_time
from apps.scheduling import catalogue
from apps.scheduling.calendars import hours
from apps.scheduling.models import Appointment
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of
from tests.scheduling.scene import patient, weekdays

ZONE = ZoneInfo("Asia/Kolkata")


def test_a_hundred_requests_for_one_slot(house: Any) -> None:
    riverside = clinic_of("riverside")
    at = timezone.now()
    today = at.astimezone(ZONE).date()
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["ada"]):
        office = {"by": people["ada"], "at": at}
        provider = providers.add_provider(name="Dr Shah", **office)
        hours.set_weekly_hours(provider, sessions=weekdays(days=range(7)), effective_from=today, **office)
        visit = catalogue.add_type(name="Visit", duration_minutes=30, rate="500", **office)
        names = ("Asha", "Ben", "Chitra", "Dev", "Esha")
        patients = [patient(name, "Rush", by=people["ada"], at=at) for name in names]
        slot = at_wall_time(today + timedelta(days=1), time(10), ZONE)
    with riverside.inside(by=people["sara"]):
        access = tokens.begin(people["sara"], at=at).access

    def book(number: int) -> int:
        body = {
            "patient": str(patients[number % 5].pk),
            "provider": str(provider.pk),
            "appointment_type": str(visit.pk),
            "starts_at": slot.isoformat(),
        }
        line = http.client.HTTPConnection("127.0.0.1", house.port, timeout=60)
        headers = {"Host": riverside.host, "Authorization": f"Bearer {access}", "Content-Type": "application/json"}
        line.request("POST", "/api/v1/appointments/", json.dumps(body), headers)
        answer = line.getresponse()
        told = json.loads(answer.read())
        assert answer.status == 201 or (len(told["in_the_way"]) == 1 and len(told["free_times"]) == 3), told
        return answer.status

    with ThreadPoolExecutor(100) as desks:
        answers = Counter(desks.map(book, range(100)))

    assert answers == {201: 1, 409: 99}
    with riverside.inside():
        assert Appointment.objects.count() == 1
