"""A writer whose transaction looks at an older state of the schedule does not see who was booked meanwhile: refused."""

from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import sql

from tests.scheduling.scene import make_scene
from tests.scheduling.test_booking import booked

COPY = (
    "INSERT INTO scheduling_appointment SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(),"
    " 'number', 'LATE', 'lane', 1, 'starts_at', %s::timestamptz, 'ends_at', %s::timestamptz))).*"
    " FROM scheduling_appointment a WHERE id = %s"
)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])
def test_two_lanes_of_one_time_under_an_older_snapshot(
    throw_away: str, riverside: Any, as_superuser: Any, level: str, guarded: bool
) -> None:
    with riverside.inside():
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
        early = booked(scene, "09:00")
    with as_superuser() as server:
        server.autocommit = False
        if not guarded:
            server.execute(f"ALTER TABLE {riverside.schema}.scheduling_appointment DISABLE TRIGGER as_committed")
            server.commit()
        server.execute(sql.SQL("SET TRANSACTION ISOLATION LEVEL {}").format(sql.SQL(level)))
        server.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(riverside.schema)))
        server.execute(sql.SQL("SET LOCAL search_path TO {}, extensions").format(sql.Identifier(riverside.schema)))
        server.execute(sql.SQL("SET LOCAL hpms.clinic TO {}").format(sql.Literal(str(riverside.id))))
        server.execute("SET LOCAL hpms.actor TO 'attacker'")
        assert server.execute("SELECT count(*) FROM scheduling_appointment").fetchone() == (1,)
        with riverside.inside():
            booked(scene, "10:00", patient=scene.ben)
        late = [scene.when("10:15"), scene.when("10:45"), early.pk]
        if guarded:
            with pytest.raises(psycopg.Error, match="READ COMMITTED"):
                server.execute(COPY, late)
        else:  # without it nobody else refuses: that is why it is there
            assert server.execute(COPY, late).rowcount == 1
        server.rollback()
