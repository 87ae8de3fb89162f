"""What a row of the trail says in the words of the pages: tables, columns, values before and after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.audit.models import AuditEvent
from apps.core import naming
from apps.core.clock import clinic_zone
from apps.core.encryption import SealBroken
from apps.core.naming import Name
from apps.core.sealed import Sealed, SealedField

if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]
else:
    AnyField = models.Field  # takes no type arguments when Django runs

NOT_KEPT = "[not kept]"
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Value:
    """One value before or after. ``state`` is plain, empty, sealed, opened, broken or bytes."""

    words: str
    state: str = "plain"
    name: Name | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its value before and after; ``changed`` as the database saw it."""

    key: str
    words: str
    before: Value | None
    after: Value | None
    changed: bool


@lru_cache(maxsize=1)
def tables() -> dict[str, type[models.Model]]:
    """Every table the house knows, with its model. Code, not data: the same in all clinics."""
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def table_words(table: str) -> str:
    """What the rows of a table are called: "patient", "journal entry"; the bare name of a table of long ago."""
    model = tables().get(table)
    return str(capfirst(model._meta.verbose_name)) if model else table


def column_words(table: str, column: str) -> str:
    field = _fields(table).get(column)
    return str(capfirst(field.verbose_name)) if field is not None else capfirst(column.replace("_", " "))


def columns(event: AuditEvent, *, open_sealed: bool, reader: Any) -> list[Column]:
    """Old and new values side by side, changed columns first. Sealed ones are opened only if ``open_sealed``."""
    old, new = event.old or {}, event.new or {}
    fields, names = _fields(event.table_name), _names(event, reader)
    changed = set(event.changed) if event.action == AuditEvent.Action.UPDATE else set(old) | set(new)

    def shown(values: dict[str, Any], key: str) -> Value | None:
        if key not in values:
            return None
        return _value(values[key], fields.get(key), event.row_id, names, open_sealed=open_sealed)

    def place(key: str) -> tuple[bool, bool, str]:
        return key not in changed, key == "id", column_words(event.table_name, key)

    return [
        Column(key, column_words(event.table_name, key), shown(old, key), shown(new, key), key in changed)
        for key in sorted(set(old) | set(new), key=place)
    ]


def has_sealed(event: AuditEvent) -> bool:
    """Whether anything in the event is sealed, so that reading it would leave a trace."""
    fields = _fields(event.table_name)
    values = [*(event.old or {}).items(), *(event.new or {}).items()]
    return any(isinstance(fields.get(key), SealedField) and value not in (None, "", "\\x") for key, value in values)


def _value(raw: Any, field: AnyField | None, row: str, names: dict[UUID, Name], *, open_sealed: bool) -> Value:
    if raw in (None, "", "\\x", [], {}):
        return Value("", "empty")
    if raw == NOT_KEPT:
        return Value(_("not kept in the trail"), "sealed")
    if isinstance(field, SealedField):
        return _opened(raw, field, row) if open_sealed else Value(_("sealed"), "sealed")
    if isinstance(raw, str) and raw.startswith("\\x"):
        return Value(_("%(size)s bytes") % {"size": (len(raw) - 2) // 2}, "bytes")
    if isinstance(field, models.ForeignKey) and (name := _name(raw, names)):
        return Value(name.words, name=name)
    if isinstance(raw, bool):
        return Value(_("yes") if raw else _("no"))
    if field is not None and field.flatchoices:
        return Value(str(dict(field.flatchoices).get(raw, raw)))
    if isinstance(raw, str) and isinstance(field, models.DateTimeField):
        return Value(_moment(raw))
    return Value(str(raw)[:LONGEST])


def _opened(raw: Any, field: SealedField, row: str) -> Value:
    """The sealed value, opened for the row it was sealed for; kept to words that say so where it does not open."""
    try:
        key = field.model._meta.pk.to_python(row)
        return Value(str(field.open(Sealed(bytes.fromhex(str(raw).removeprefix("\\x"))), row=key))[:LONGEST], "opened")
    except (SealBroken, ValueError):
        return Value(_("cannot be opened"), "broken")


def _names(event: AuditEvent, reader: Any) -> dict[UUID, Name]:
    """What the rows that this one points to are called, kind by kind."""
    known: dict[UUID, Name] = {}
    for key, field in _fields(event.table_name).items():
        if isinstance(field, models.ForeignKey):
            ids = {_uuid(values[key]) for values in (event.old or {}, event.new or {}) if values.get(key)}
            kind = field.related_model._meta.model_name
            known |= naming.names(kind or "", ids - {None}, reader=reader)
    return known


def _fields(table: str) -> dict[str, AnyField]:
    model = tables().get(table)
    fields: Iterable[AnyField] = model._meta.concrete_fields if model else ()
    return {field.column: field for field in fields if field.column}


def _name(raw: Any, names: dict[UUID, Name]) -> Name | None:
    identifier = _uuid(raw)
    return names.get(identifier) if identifier else None


def _uuid(raw: Any) -> UUID | None:
    try:
        return UUID(str(raw))
    except ValueError:
        return None


def _moment(raw: str) -> str:
    """A stored moment on the clinic's clock."""
    try:
        return f"{datetime.fromisoformat(raw).astimezone(clinic_zone()):%Y-%m-%d %H:%M:%S %Z}"
    except ValueError:
        return raw
