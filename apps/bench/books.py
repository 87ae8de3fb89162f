"""Two years of a busy clinic's books in minutes: one day's documents are made by the rules, and SQL copies that day.

Each copy has ids, numbers, patients and days of its own. While they are written the triggers of these tables sleep: at
their pace it would take hours. That the outcome is a set of books which the rules could have made is what
`check_books`, part of this bench, says of it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from apps.bench.stage import OPENS, OWNER, Stage, settle
from apps.billing import invoicing
from apps.billing.models import Invoice, Payment
from apps.billing.paying import payments, refunds
from apps.core.clock import at_wall_time
from apps.core.models import NumberSeries
from apps.ledger.models import AccountDay, JournalEntry
from apps.patients.models import Patient

ROOTS = (Invoice, Payment, JournalEntry)
LABELS = ("billing", "ledger")
DAY_PATIENTS = 20  # who come on the day that is copied
METHODS = ("cash", "card", "upi", "bank")
DAYS_AT_ONCE = 30
SUM_UP = (
    "INSERT INTO ledger_accountday (tenant_id, account_id, effective_on, debit, credit, lines)"
    " SELECT tenant_id, account_id, effective_on, sum(debit), sum(credit), count(*) FROM ledger_journalline"
    " GROUP BY 1, 2, 3"
)


def fill_books(stage: Stage, *, days: int, invoices_a_day: int, tell: Callable[[str], Any]) -> None:
    """Books of `days` days up to yesterday, with about `invoices_a_day` on each (in twenties)."""
    first = stage.day - timedelta(days=days)
    copies = invoices_a_day // DAY_PATIENTS
    with stage.inside():
        stage.admin.act()
        _one_day(stage, at=at_wall_time(first, OPENS, ZoneInfo("UTC")))
        template = _Template(stage, first, copies)
    tell(f"Filling its books: {invoices_a_day:,} invoices a day over {days} days …")
    with _asleep(stage, [*template.tables, AccountDay._meta.db_table]):
        for start in range(0, days, DAYS_AT_ONCE):
            template.copy_to(range(start, min(start + DAYS_AT_ONCE, days)))
        template.count_on(days)
        with _as_owner(stage) as cursor:
            cursor.execute("DELETE FROM ledger_accountday")
            cursor.execute(SUM_UP)
    settle(stage.clinic)


def _one_day(stage: Stage, *, at: datetime) -> None:
    """Twenty patients: most pay at once, one in part, one too much and is given some of it back, one bill is void."""
    office: dict[str, Any] = {"by": stage.admin, "at": at}

    def bill(patient: Patient, *prices: str) -> Invoice:
        draft = invoicing.draft(patient, **office)
        for price in prices:
            invoicing.add_charge(
                draft, description="Treatment", unit_price=price, tax_name="GST", tax_rate=18, **office
            )
        return invoicing.issue(draft, **office)

    *most, part, above, void = stage.patients[:DAY_PATIENTS]
    for patient, method in zip(most, cycle(METHODS), strict=False):
        payments.receive(
            patient, method=method, amount="826.00", invoices=[bill(patient, "500.00", "200.00")], **office
        )
    payments.receive(part, method="cash", amount="100.00", invoices=[bill(part, "500.00")], **office)
    paid = payments.receive(
        above, method="card", amount="600.00", invoices=[bill(above, "500.00")], credit_consent=True, **office
    )
    refunds.refund(paid, amount="5.00", reason="Agreed", **office)
    invoicing.void(bill(void, "300.00"), reason="Wrong patient", **office)


class _Template:
    """The rows of that one day, and how each column of a copy comes from its own."""

    def __init__(self, stage: Stage, first: date, copies: int) -> None:
        self.stage, self.first, self.copies = stage, first, copies
        self.models = _with_dependants()
        self.tables = [model._meta.db_table for model in self.models]
        self.of_the_day = [patient.pk for patient in stage.patients[:DAY_PATIENTS]]
        self.given = {
            series.series: series.last for series in NumberSeries.objects.filter(year=first.year, series__in=_series())
        }
        # The day that was made is the first copy of all; it gives the others their rows.
        self.rows = {
            model._meta.db_table: [row.pk for row in model._default_manager.only("pk")] for model in self.models
        }

    def copy_to(self, days: range) -> None:
        """`days`: how many days after the first."""
        with _as_owner(self.stage) as cursor:
            for model in self.models:
                fields = [field for field in model._meta.concrete_fields if self._is_written(field)]
                cursor.execute(
                    sql.SQL(
                        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} o"
                        " CROSS JOIN (SELECT day, day * {copies} + place AS n"
                        "   FROM generate_series({from_day}, {to_day}) day, generate_series(0, {last}) place) c"
                        " WHERE o.{key} = ANY(%(rows)s) AND n > 0"
                    ).format(
                        table=sql.Identifier(model._meta.db_table),
                        columns=sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields),
                        values=sql.SQL(", ").join(self._value(field) for field in fields),
                        copies=self.copies,
                        from_day=days.start,
                        to_day=days.stop - 1,
                        last=self.copies - 1,
                        key=sql.Identifier(str(model._meta.pk.column)),
                    ),
                    {
                        "rows": self.rows[model._meta.db_table],
                        "people": [patient.pk for patient in self.stage.patients],
                        "of_the_day": self.of_the_day,
                    },
                )

    def count_on(self, days: int) -> None:
        """The counters stand where the last copy of each year stands."""
        with _as_owner(self.stage) as cursor:
            for series, given in self.given.items():
                cursor.execute("DELETE FROM core_numberseries WHERE series = %s", [series])
                cursor.execute(
                    "INSERT INTO core_numberseries (id, tenant_id, series, year, last)"
                    " SELECT gen_random_uuid(), %s, %s, extract(year FROM %s::date + day), %s * count(*) * %s"
                    " FROM generate_series(0, %s) day GROUP BY extract(year FROM %s::date + day)",
                    [self.stage.clinic.pk, series, self.first, self.copies, given, days - 1, self.first],
                )

    def _is_written(self, field: "models.Field[Any, Any]") -> bool:
        return not field.generated and not (field.primary_key and isinstance(field, models.AutoField))

    def _value(self, field: "models.Field[Any, Any]") -> sql.Composable:
        own = sql.Identifier("o", str(field.column))
        related = field.remote_field.model if field.remote_field else None
        if related is Patient or field.column == "subject":
            return sql.SQL(
                "(%(people)s::uuid[])[1 + (n * {many} + array_position(%(of_the_day)s::uuid[], {own}) - 1) %% {people}]"
            ).format(own=own, many=DAY_PATIENTS, people=len(self.stage.patients))
        if field.primary_key or related in self.models or field.column in {"document", "source_id"}:
            return sql.SQL("(lpad(to_hex(n), 12, '0') || right(md5({own}::text), 20))::uuid").format(own=own)
        if field.column == "number":
            return self._number(own)
        if isinstance(field, models.DateTimeField):
            return sql.SQL("{own} + make_interval(days => day)").format(own=own)
        if isinstance(field, models.DateField):
            return sql.SQL("{own} + day").format(own=own)
        return own

    def _number(self, own: sql.Composable) -> sql.Composable:
        """INV-2026-00007 of the n-th copy: each year counts from 1, each copy takes as many as the day did."""
        given = sql.SQL("CASE split_part({own}, '-', 1) {cases} ELSE 0 END").format(
            own=own,
            cases=sql.SQL(" ").join(
                sql.SQL("WHEN {series} THEN {given}").format(series=sql.Literal(series), given=given)
                for series, given in self.given.items()
            ),
        )
        this_year = sql.SQL("extract(year FROM {first}::date + day)::int").format(first=sql.Literal(self.first))
        before = sql.SQL("greatest(0, make_date({year}, 1, 1) - {first}::date) * {copies}").format(
            year=this_year, first=sql.Literal(self.first), copies=self.copies
        )
        return sql.SQL(
            "CASE WHEN {own} = '' THEN '' ELSE split_part({own}, '-', 1) || '-' || {year} || '-' || to_char("
            "split_part({own}, '-', 3)::int + (n - {before}) * ({given}), 'FM999900000') END"
        ).format(own=own, year=this_year, before=before, given=given)


@contextmanager
def _as_owner(stage: Stage) -> Iterator[CursorWrapper]:
    """In the clinic's schema, one transaction."""
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        schema = sql.Identifier(stage.clinic.schema_name)
        cursor.execute(sql.SQL("SET LOCAL search_path TO {}, extensions").format(schema))
        cursor.execute("SELECT set_config('hpms.clinic', %s, true)", [str(stage.clinic.pk)])
        yield cursor


@contextmanager
def _asleep(stage: Stage, tables: Sequence[str]) -> Iterator[None]:
    """The tables' own triggers do nothing; foreign keys and checks go on. Afterwards each is as it was."""
    with _as_owner(stage) as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgrelid = ANY(%s::text[]::regclass[])",
            [list(tables)],
        )
        awake = cursor.fetchall()
        _set_triggers(cursor, [(table, name, "DISABLE") for table, name, _state in awake])
    try:
        yield
    finally:
        with _as_owner(stage) as cursor:
            words = {"A": "ENABLE ALWAYS", "O": "ENABLE", "R": "ENABLE REPLICA", "D": "DISABLE"}
            _set_triggers(cursor, [(table, name, words[state]) for table, name, state in awake])


def _set_triggers(cursor: CursorWrapper, triggers: Iterable[tuple[str, str, str]]) -> None:
    for table, name, state in triggers:
        cursor.execute(
            sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(sql.Identifier(table), sql.SQL(state), sql.Identifier(name))
        )


def _with_dependants() -> list[type[models.Model]]:
    """Bills, payments and entries with everything that stands on them, each after what it refers to."""
    found: list[type[models.Model]] = list(ROOTS)
    others = [model for label in LABELS for model in apps.get_app_config(label).get_models() if model not in ROOTS]
    while more := [model for model in others if model not in found and _refers_to(model) & set(found)]:
        found += more
    return found


def _refers_to(model: type[models.Model]) -> set[type[models.Model]]:
    return {field.remote_field.model for field in model._meta.concrete_fields if field.remote_field}


def _series() -> set[str]:
    """The series of which this day took numbers."""
    numbered = [model for model in _with_dependants() if any(f.column == "number" for f in model._meta.concrete_fields)]
    given = {number for model in numbered for number in model._default_manager.values_list("number", flat=True)}
    return {number.split("-")[0] for number in given if number}
