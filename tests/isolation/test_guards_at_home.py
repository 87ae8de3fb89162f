"""A guard looks in its own clinic, wherever the session has got to by the time it fires."""

from typing import Any

import psycopg
import pytest
from psycopg import sql

ENTRY = sql.SQL(
    """INSERT INTO {clinic}.ledger_journalentry (id, number, effective_on, recorded_at, source, source_id, description)
       VALUES ('00000000-0000-7000-8000-000000000001', 'X-1', current_date, now(), 'attack', NULL, 'An attack')"""
)
LINE = sql.SQL(
    """INSERT INTO {clinic}.ledger_journalline (entry_id, account_id, debit, credit)
       SELECT '00000000-0000-7000-8000-000000000001', id, 5, 0 FROM {clinic}.ledger_account WHERE role = 'cash'"""
)
# Two balanced lines of that entry, where a careless guard would find them.
DECOY = """CREATE TEMP TABLE ledger_journalline AS SELECT '00000000-0000-7000-8000-000000000001'::uuid AS entry_id,
           side::numeric AS debit, (5 - side)::numeric AS credit FROM unnest('{5,0}'::int[]) side"""


@pytest.mark.parametrize("lure", ["another clinic", "nowhere", "a table of the session"])
def test_a_check_at_commit_is_not_led_astray(riverside: Any, lakeside: Any, as_superuser: Any, lure: str) -> None:
    with as_superuser() as server:
        server.autocommit = False
        server.execute(ENTRY.format(clinic=sql.Identifier(riverside.schema)))
        server.execute(LINE.format(clinic=sql.Identifier(riverside.schema)))
        if lure == "a table of the session":
            server.execute(DECOY)
        path = {"another clinic": lakeside.schema, "nowhere": "pg_catalog"}.get(lure, "pg_temp")
        server.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(path)))
        with pytest.raises(psycopg.errors.CheckViolation, match="does not balance"):
            server.execute("SET CONSTRAINTS ALL IMMEDIATE")
        server.rollback()


def test_every_function_of_a_clinic_looks_at_home_only(riverside: Any, as_superuser: Any) -> None:
    """Its own schema, or none at all and the one that the table which fired it is in; never the session's."""
    with as_superuser() as server:
        paths = dict(
            server.execute(
                "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = %s::regnamespace", [riverside.schema]
            )
        )
    at_home = f"search_path=pg_catalog, {riverside.schema}, pg_temp"
    assert {name for name, path in paths.items() if path not in (["search_path=pg_catalog"], [at_home])} == set()
    assert paths["record_change"] == paths["ledger_entry_balances"] == [at_home]
