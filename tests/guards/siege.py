"""A clinic under siege: a superuser takes one guard down, the clinic's own role attacks, and all is rolled back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# Generated alike for every table, and attacked in tests/isolation/test_walls.py and tests/guards/test_appointments.py.
WALLS = {"record_change", "append_only", "append_only_whole", "tripwire"}


@dataclass(frozen=True)
class Attack:
    """What is tried. `harm`: for a guard that mends instead of refusing, a question that is true once harm was done.
    `behind`: guards that stand in front of this one. `by_owner`: for what the clinic's role has no privilege to try."""

    statements: tuple[str, ...]
    harm: str = ""
    behind: tuple[tuple[str, str], ...] = ()
    by_owner: bool = False


def attack(
    *statements: str, harm: str = "", behind: tuple[tuple[str, str], ...] = (), by_owner: bool = False
) -> Attack:
    return Attack(statements, harm, behind, by_owner)


def insert(table: str, values: dict[str, str]) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def copy(table: str, which: str, **changes: str) -> str:
    """One more row like `which`, with another id and these changes."""
    pairs = {"id": "gen_random_uuid()", **changes}
    wanted = ", ".join(f"'{name}', {value}" for name, value in pairs.items())
    made = f"(jsonb_populate_record(e, jsonb_build_object({wanted}))).*"
    return f"INSERT INTO {table} SELECT {made} FROM {table} e WHERE e.id = {which}"


def update(table: str, which: str, **changes: str) -> str:
    wanted = ", ".join(f"{name} = {value}" for name, value in changes.items())
    return f"UPDATE {table} SET {wanted} WHERE id = {which}"


def whole(table: str, *behind: tuple[str, str]) -> Attack:
    return attack(f"TRUNCATE {table} CASCADE", behind=behind, by_owner=True)


@dataclass
class Siege:
    """Riverside with its walls, and somebody who may take one down."""

    server: psycopg.Connection[Any]
    schema: str
    clinic: str
    ids: dict[str, str]

    def told(self, statement: str) -> str:
        return statement.format(**self.ids)

    def as_clinic(self) -> None:
        self.server.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self.schema)))
        self.server.execute(sql.SQL("SET LOCAL search_path TO {}, extensions").format(sql.Identifier(self.schema)))
        self.server.execute(sql.SQL("SET LOCAL hpms.clinic TO {}").format(sql.Literal(self.clinic)))
        self.server.execute("SET LOCAL hpms.actor TO 'attacker'")

    def tried(self, one: Attack, *down: tuple[str, str]) -> str:
        """Who refused it; nothing if it went through (or, for a guard that mends, if harm was done)."""
        try:
            with self.server.transaction(force_rollback=True):
                for table, guard in (*one.behind, *down):
                    self.take_down(table, guard)
                self.as_clinic()
                if one.by_owner:
                    self.server.execute("RESET ROLE")
                for statement in one.statements:
                    self.server.execute(self.told(statement))
                self.server.execute("SET CONSTRAINTS ALL IMMEDIATE")
                if one.harm:
                    [harmed] = self.server.execute(self.told(one.harm)).fetchone() or [False]
                    return "" if harmed else "mended"
        except psycopg.Error as refusal:
            return refusal.diag.constraint_name or str(refusal)
        return ""

    def not_refused(
        self, attacks: Mapping[tuple[str, str], Attack], *, says: Mapping[str, str]
    ) -> list[tuple[str, str, str, str]]:
        """Guards whose attack goes through while they stand, or is still refused without them. `says`: the words of
        those that do not give their name."""
        wrong = []
        for (table, guard), one in attacks.items():
            if one.statements:
                refused_by, without = self.tried(one), self.tried(one, (table, guard))
                words = "mended" if one.harm else says.get(guard, guard)
                if words not in refused_by or without:
                    wrong.append((table, guard, refused_by, without))
        return wrong

    def take_down(self, table: str, guard: str) -> None:
        names = {"t": sql.Identifier(self.schema, table), "g": sql.Identifier(guard)}
        is_trigger, is_constraint = self.server.execute(
            "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgname = %(g)s AND tgrelid = %(t)s::regclass),"
            " EXISTS (SELECT FROM pg_constraint WHERE conname = %(g)s AND conrelid = %(t)s::regclass)",
            {"g": guard, "t": f"{self.schema}.{table}"},
        ).fetchone() or (False, False)
        if is_trigger:
            drop = "DROP TRIGGER {g} ON {t}"
        elif is_constraint:
            drop = "ALTER TABLE {t} DROP CONSTRAINT {g}"
        else:  # a rule of uniqueness for some rows only
            drop = "DROP INDEX {i}"
        self.server.execute(sql.SQL(drop).format(**names, i=sql.Identifier(self.schema, guard)))
