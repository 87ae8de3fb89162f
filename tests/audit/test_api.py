"""The trail through the API."""

import pytest

from tests.audit.test_trail import meera, newest  # noqa: F401  a fixture

PATH = "/api/v1/audit-events/"


@pytest.fixture
def olu(api, riverside, cast, meera):  # noqa: F811
    return api(riverside, cast.olu)


def test_events_are_filtered_and_carry_no_values(olu, cast, meera):  # noqa: F811
    events = olu.get(PATH, {"patient": str(meera.pk), "actor": f"user:{cast.nia.pk}"}).json()["results"]
    assert [event["action"] for event in events if event["table_name"] == "patients_patient"] == ["update"]
    assert all("old" not in event and "values" not in event for event in events)
    assert "Mira" not in str(events)


def test_one_event_opens_its_values_for_who_may_and_leaves_a_trace(olu, riverside, cast, meera):  # noqa: F811
    event = newest(riverside, cast, table_name="patients_patient", action="update")
    told = {value["column"]: value for value in olu.get(f"{PATH}{event.pk}/").json()["values"]}
    assert (told["given_name"]["before"], told["given_name"]["after"]) == ("Meera", "Mira")
    assert told["given_name"]["after_state"] == "opened"
    reading = newest(riverside, cast, table_name="trail:patients_patient")
    assert (reading.action, reading.actor) == ("read", f"user:{cast.olu.pk}")


@pytest.mark.parametrize("asked", [{"action": "steal"}, {"since": "soon"}, {"patient": "PAT-1"}])
def test_nonsense_is_a_problem_with_its_field(olu, asked):
    answer = olu.get(PATH, asked)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, list(asked))


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_trail_cannot_be_written(olu, riverside, cast, method):
    event = newest(riverside, cast)
    assert getattr(olu, method)(f"{PATH}{event.pk}/", {}).status_code == 405


def test_the_outsider_finds_nothing(api, lakeside, riverside, cast, meera):  # noqa: F811
    lena = api(lakeside, cast.lena)
    assert lena.get(PATH, {"patient": str(meera.pk)}).json()["results"] == []
