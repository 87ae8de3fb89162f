"""Many people compared with the register at once: a whole batch finds its candidates in one statement.

For a desk that registers one person `duplicates.compare` asks three questions of the index; for 100,000 that would be
300,000 statements. Here each batch brings the tokens of all its people along, the database joins them with the
register's, and what it finds is opened and weighed as at the desk.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core import blind_index
from apps.patients.duplicates import COMPARED, ENOUGH, weigh
from apps.patients.models import Patient

MOST_NAMESAKES = 60  # looked at for one person: who has the commonest name in town is compared with those met last

# For each person of the batch: who may be born that day and shares the beginning of a name, who has such a phone, who
# has all these names, who has that national id. The order of the keys is that of KEYS.
CANDIDATES = """
    SELECT who.place, p.id FROM unnest(%s::int[], %s::int[], %s::text[]) who (place, born, names)
      JOIN {table} p ON p.birth_token = who.born AND p.name_tokens && who.names::int[]
     WHERE {wanted}
    UNION
    SELECT who.place, p.id FROM unnest(%s::int[], %s::int[], %s::text[]) who (place, phone, names)
      JOIN {table} p ON p.phone_tokens @> ARRAY[who.phone] AND p.name_tokens && who.names::int[]
     WHERE {wanted}
    UNION
    SELECT who.place, p.id FROM unnest(%s::int[], %s::text[]) who (place, names)
     CROSS JOIN LATERAL (SELECT id FROM {table} p WHERE p.name_tokens @> who.names::int[] AND {wanted} LIMIT {most}) p
    UNION
    SELECT who.place, p.id FROM unnest(%s::int[], %s::bigint[]) who (place, national_id)
      JOIN {table} p ON p.national_id_token = who.national_id AND p.is_active
"""


def compare_many(
    people: Sequence[dict[str, Any]], *, today: date, old_too: bool = False
) -> list[list[tuple[Patient, int]]]:
    """For each person (their details) the known patients who may be them, each with points, the likeliest first.

    With `old_too` also by records that are deactivated, or were merged into others.
    """
    pairs = _candidates(people, old_too=old_too)
    fields = (*COMPARED, "birth_date_estimated", "tenant_id", "number", "is_active", "merged_into")
    known = Patient.objects.only(*fields).in_bulk({pk for _place, pk in pairs})
    found: list[list[tuple[Patient, int]]] = [[] for _person in people]
    for place, pk in pairs:
        points, _reasons = weigh(people[place], known[pk], today)
        if points >= ENOUGH:
            found[place].append((known[pk], points))
    for alike in found:
        alike.sort(key=lambda pair: (-pair[1], pair[0].pk))
    return found


def _candidates(people: Sequence[dict[str, Any]], *, old_too: bool) -> list[tuple[int, UUID]]:
    born: list[tuple[int, int, str]] = []
    phones: list[tuple[int, int, str]] = []
    names: list[tuple[int, str]] = []
    ids: list[tuple[int, int]] = []
    for place, person in enumerate(people):
        spoken = f"{person.get('given_name', '')} {person.get('family_name', '')}"
        beginnings = _array(blind_index.name_tokens(*(word[:2] for word in blind_index.words(spoken))))
        if person.get("birth_date"):
            born.append((place, blind_index.birth_token(person["birth_date"]), beginnings))
        for phone in {person.get("phone"), person.get("other_phone")} - {None, ""}:
            if (token := blind_index.phone_query(str(phone))) is not None:
                phones.append((place, token, beginnings))
        if tokens := blind_index.name_query(spoken):
            names.append((place, _array(tokens)))
        if person.get("national_id"):
            ids.append((place, blind_index.national_id_token(str(person["national_id"]))))
    sql = CANDIDATES.format(
        table=connection.ops.quote_name(Patient._meta.db_table),
        wanted="TRUE" if old_too else "p.is_active",
        most=MOST_NAMESAKES,
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_columns(born, 3), *_columns(phones, 3), *_columns(names, 2), *_columns(ids, 2)])
        return list(cursor.fetchall())


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    rows = list(rows)
    return [[row[column] for row in rows] for column in range(width)]


def _array(tokens: list[int]) -> str:
    return "{" + ",".join(map(str, tokens)) + "}"
