import base64
import json

import pytest

from apps.core.models import NumberSeries
from apps.core.paging import stretch

pytestmark = pytest.mark.usefixtures("inside_riverside")
BY = ("year", "series")


@pytest.fixture
def rows():
    NumberSeries.objects.all().delete()
    NumberSeries.objects.bulk_create(NumberSeries(series=s, year=y) for y in range(2001, 2005) for s in "ABC")
    return NumberSeries.objects.all()


def seen(found):
    return [f"{row.year}{row.series}" for row in found.rows]


ALL = [f"{y}{s}" for y in (2004, 2003, 2002, 2001) for s in "CBA"]


@pytest.mark.parametrize("size", [1, 4, 5, 11, 12, 50])
def test_walking_down_and_up_again_meets_every_row_once(rows, size):
    down, at = [], stretch(rows, by=BY, size=size)
    assert at.newer == ""
    while True:
        down.append(seen(at))
        if not at.older:
            break
        at = stretch(rows, by=BY, size=size, cursor=at.older)
    assert [row for part in down for row in part] == ALL
    up = [seen(at)]
    while at.newer:
        at = stretch(rows, by=BY, size=size, cursor=at.newer)
        up.append(seen(at))
    assert up[::-1] == down


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "💥",
        "e30",
        "W10",
        base64.urlsafe_b64encode(json.dumps(["older", "DROP", "x"]).encode()).decode(),
        "A" * 9999,
    ],
)
def test_a_forged_cursor_leads_to_the_newest_rows(rows, cursor):
    assert seen(stretch(rows, by=BY, size=3, cursor=cursor)) == ALL[:3]


def test_an_empty_list_has_no_ends(rows):
    found = stretch(rows.none(), by=BY)
    assert (found.rows, found.newer, found.older) == ([], "", "")
