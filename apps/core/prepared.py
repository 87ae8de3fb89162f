"""Queries that Django puts into SQL once, to be asked with other values each time.

Django writes the SQL of a query anew whenever it is asked, which takes it longer than the database needs to answer a
short one. What every page asks is therefore written down once per process::

    @prepared
    def sessions_of(*, providers: Any, day: Any) -> QuerySet[Session]:
        return Session.objects.filter(provider__among=providers, day=day)

    sessions_of(providers=[one.pk for one in providers], day=today)  # a list of sessions

The function is called with stand-ins, once: it may hand them to filters and expressions, and cannot look at them. What
changes the SQL (which columns, which conditions) is a positional argument: each value of it is another query. A value
is never None, because that is another condition in SQL; and of an object its key is given.
"""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable, get_related_populators
from psycopg.pq import Format

T = TypeVar("T")
READ_AS_BINARY = {
    *("BinaryField", "BooleanField", "CharField", "DateField", "DateTimeField", "DecimalField", "EmailField"),
    *("IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "SlugField", "SmallIntegerField"),
    *("BigIntegerField", "TextField", "TimeField", "UUIDField"),
}


class Given(Expression):
    """Stands for a value that is given when the query is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __repr__(self) -> str:
        return f"<given {self.name}>"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class Prepared(Generic[T]):
    """See `prepared`."""

    def __init__(self, build: Callable[..., "QuerySet[Any, T]"]) -> None:
        self.build = build
        self.__doc__, self.__name__, self.__module__ = build.__doc__, build.__name__, build.__module__
        parameters = signature(build).parameters.values()
        self.names = frozenset(one.name for one in parameters if one.kind is Parameter.KEYWORD_ONLY)
        self.known: dict[tuple[Any, ...], _Written] = {}

    def __call__(self, *shape: Any, **given: Any) -> list[T]:
        written = self.known.get(shape)
        if written is None:
            written = self.known[shape] = _Written(self.build(*shape, **{name: Given(name) for name in self.names}))
        if given.keys() != self.names:
            raise TypeError(f"{self.__name__} takes {', '.join(sorted(self.names))}.")
        return written.ask(given)

    def first(self, *shape: Any, **given: Any) -> T | None:
        """The only row that can be meant, or None."""
        found = self(*shape, **given)
        return found[0] if found else None


prepared = Prepared


class _Written:
    """A query in words, and how objects or tuples are made of its rows, as Django's own iterables make them."""

    def __init__(self, rows: Any) -> None:
        if rows._prefetch_related_lookups:
            raise TypeError("A prepared query fetches one list.")
        compiler = rows.query.get_compiler(using=rows.db)
        self.sql, self.params = compiler.as_sql()
        self.columns = compiler.col_count if compiler.has_extra_select else None
        shown = compiler.select[: compiler.col_count]
        converters = compiler.get_converters([column for column, *_how in shown]).items()
        self.converters = [(place, turn, column) for place, (turns, column) in converters for turn in turns]
        self.make = _maker(rows, compiler)
        self.format = _format_of([column.output_field for column, *_how in shown])

    def ask(self, given: dict[str, Any]) -> list[Any]:
        params = tuple(given[one.name] if one.__class__ is Given else one for one in self.params)
        connection = connections[DEFAULT_DB_ALIAS]  # itself: whoever goes through the proxy looks for it at each step
        with connection.cursor() as cursor:
            cursor.cursor.format = self.format
            cursor.execute(self.sql, params)
            found = [list(row[: self.columns]) for row in cursor.fetchall()]
        for place, turn, column in self.converters:
            for row in found:
                row[place] = turn(row[place], column, connection)
        return [self.make(row) for row in found]


def _format_of(fields: list[Any]) -> Format:
    """Binary takes half as long to read, moments and keys above all; a few types Django reads as text only."""
    kinds = {getattr(field, "target_field", field).get_internal_type() for field in fields}
    return Format.BINARY if kinds <= READ_AS_BINARY else Format.TEXT


def _maker(rows: Any, compiler: Any) -> Callable[[list[Any]], Any]:
    if rows._iterable_class is FlatValuesListIterable:
        return lambda row: row[0]
    if rows._iterable_class is ValuesListIterable:
        return tuple
    if rows._iterable_class is not ModelIterable:
        raise TypeError("A prepared query gives objects or values_list().")
    info, alias = compiler.klass_info, rows.db
    first, last = info["select_fields"][0], info["select_fields"][-1]
    names = [column.target.attname for column, *_how in compiler.select[first : last + 1]]
    joined = get_related_populators(info, compiler.select, alias)  # type: ignore[call-arg]  # the stubs are a version ahead
    besides = list((compiler.annotation_col_map or {}).items())

    def of(row: list[Any]) -> Any:
        one = info["model"].from_db(alias, names, row[first : last + 1])
        for other in joined:
            other.populate(row, one)
        for name, place in besides:
            setattr(one, name, row[place])
        return one

    return of
