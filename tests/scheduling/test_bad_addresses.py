"""Nonsense in the query of a list is answered with a 4xx, or as if it were not there: never with a failure."""

from base64 import b64encode
from typing import Any

import pytest

LISTS = ("appointments/", "override-requests/", "waitlist/", "blocks/", "time-off/", "queue-tickets/", "patients/")
LONG_LISTS = ("audit-events/", "journal-entries/", "book-checks/", "book-closings/")
PAGES = ("schedule/", "schedule/log/", "schedule/booking/", "schedule/free-times/", "waitlist/", "flow/")
NONSENSE = {
    **dict.fromkeys(("day", "from", "to", "as-of"), ("9999-12-31", "2027-02-31", "\x00")),
    **dict.fromkeys(("page", "page_size", "limit"), ("0", "-1", "1000000000", "x")),
    **dict.fromkeys(("provider", "patient", "type", "resource"), ("\x00", "x")),
    **dict.fromkeys(("ordering", "status", "channel", "time", "fold", "view", "cursor"), ("\x00", "x")),
}


@pytest.mark.parametrize("address", LONG_LISTS)
def test_a_cursor_that_is_none_of_ours_is_no_page(riverside: Any, cast: Any, api: Any, address: str) -> None:
    caller = api(riverside, cast.ada)
    assert caller.get(f"/api/v1/{address}").status_code == 200
    for place in ("%00", "9999-99-99", "x%ff", "-", "9" * 60, "nan"):
        cursor = b64encode(f"p={place}".encode()).decode()
        assert caller.get(f"/api/v1/{address}", {"cursor": cursor}).status_code in (200, 404), place


@pytest.mark.parametrize("address", [*(f"/api/v1/{one}" for one in LISTS), *(f"/{one}" for one in PAGES)])
def test_nonsense_in_a_query_never_fails(riverside: Any, cast: Any, web: Any, api: Any, address: str) -> None:
    client = api(riverside, cast.ada) if address.startswith("/api/") else web(riverside, cast.ada)
    client.raise_request_exception = False
    failed = [
        (name, value, status)
        for name, values in NONSENSE.items()
        for value in values
        if (status := client.get(address, {name: value}).status_code) >= 500
    ]
    assert failed == []
