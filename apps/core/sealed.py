"""Model fields whose values the database cannot read: AES-256-GCM, bound to clinic, field, row and key (§5).

A value copied to another row, column or clinic does not open. Saving a row seals what was changed and leaves
every other value's bytes alone; `bulk_create` seals too. What cannot seal raises: `update()`, `bulk_update()`,
filters (only `isnull` works; to find people see blind_index). `values()` yields `Sealed`, which
`field.open(sealed, row=pk)` opens. Words are padded to 16 bytes, so that their length tells little; an empty
text is an empty column, so that the database can demand one.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.core import checks, validators
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from apps.core.encryption import FORMAT, SEALED_OVERHEAD, Keyring, SealBroken, keyring, open_sealed

__all__ = ["SealBroken", "Sealed", "SealedCharField", "SealedDateField", "SealedJSONField", "SealedTextField"]

BLOCK = 16
_NOTHING = object()


class Sealed:
    """A sealed value as the database holds it. Remembers what it opened to, for the row it was opened for."""

    __slots__ = ("_row", "_value", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._row: object = _NOTHING
        self._value: Any = None

    def __repr__(self) -> str:
        return f"<Sealed {len(self.data)} bytes>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __reduce__(self) -> tuple[type["Sealed"], tuple[bytes]]:
        return Sealed, (self.data,)  # what was opened stays here


class Opening(DeferredAttribute):
    """Opens on access. The instance keeps the ciphertext, so saving an untouched row changes no byte."""

    field: "SealedField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        field = self.field
        value = instance.__dict__.get(field.attname, _NOTHING)
        if value is _NOTHING:
            value = instance.__dict__[field.attname] = self._fetch(instance)
        return field.open(value, row=instance.pk) if value.__class__ is Sealed else value

    def __set__(self, instance: Any, value: Any) -> None:
        held = instance.__dict__.get(self.field.attname)
        if held.__class__ is Sealed and value.__class__ is not Sealed:
            opened = self.field.open(held, row=instance.pk)
            if type(opened) is type(value) and opened == value:
                return
        instance.__dict__[self.field.attname] = value

    def _fetch(self, instance: Any) -> Any:
        """A deferred value, as ciphertext: refresh_from_db() would copy it opened, and the next save re-seal it."""
        rows = type(instance)._base_manager.db_manager(instance._state.db).filter(pk=instance.pk)
        return rows.values_list(self.field.attname, flat=True).get()


class SealedField(models.Field if TYPE_CHECKING else object):  # type: ignore[misc]
    """What all sealed fields share; stands before the plain field whose values it seals."""

    descriptor_class: Any = Opening

    def __init__(self, *args: Any, field_id: str = "", **kwargs: Any) -> None:
        self.field_id = field_id  # part of what a value is bound to: it never changes, even if names do
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "field_id": self.field_id}

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        found: list[checks.CheckMessage] = super().check(**kwargs)
        if not self.field_id:
            found.append(checks.Error("A sealed field needs a field_id.", obj=self, id="core.E010"))
        if self.unique or self.db_index:
            found.append(checks.Error("A sealed field can be neither unique nor indexed.", obj=self, id="core.E011"))
        return found

    # --- opening and sealing

    def open(self, sealed: Sealed, *, row: object) -> Any:
        """The value that was sealed for this field of the row with this key. Raises SealBroken."""
        if sealed._row is _NOTHING or sealed._row != row:
            plain = open_sealed(sealed.data, field_id=self.field_id, row=row)
            sealed._value = self.from_text(plain.rstrip(b"\0")[:-1].decode())
            sealed._row = row
        return sealed._value

    def opener(self, ring: Keyring) -> Callable[[Sealed, UUID], Any]:
        """`open` for hundreds of rows, each of which is opened once: what they share is worked out once."""
        known, from_text = ring.openings(self.field_id), self.from_text

        def value_of(sealed: Sealed, row: UUID) -> Any:
            data = sealed.data
            if len(data) >= SEALED_OVERHEAD and data[:3] in known:
                decrypt, bound_to = known[data[:3]]
                try:
                    return from_text(decrypt(data[3:15], data[15:], bound_to + row.bytes).rstrip(b"\0")[:-1].decode())
                except InvalidTag:
                    pass  # said in words below
            return self.open(sealed, row=row)

        return value_of

    def seal(self, value: Any, *, row: object) -> Sealed:
        """The value, sealed for this field of the row with this key, with the newest data key."""
        plain = self.to_text(value).encode() + b"\x80"
        sealed = Sealed(keyring().seal(plain + bytes(-len(plain) % BLOCK), self.field_id, row))
        sealed._row, sealed._value = row, self.to_python(value)
        return sealed

    def to_text(self, value: Any) -> str:
        return str(self.to_python(value))

    def from_text(self, text: str) -> Any:
        return text

    def pre_save(self, instance: Any, add: bool) -> Any:
        value = instance.__dict__.get(self.attname)
        if value.__class__ is Sealed:
            if add:
                self.open(value, row=instance.pk)  # a copy of a row under a new key must fail here, not when it is read
            return value
        if value is None or value == "":
            return value
        if hasattr(value, "resolve_expression"):
            raise TypeError(f"{self.name} is sealed: the database cannot compute it.")
        instance.__dict__[self.attname] = sealed = self.seal(value, row=instance.pk)
        return sealed

    # --- the database's side

    def get_internal_type(self) -> str:
        return "BinaryField"

    def db_type(self, connection: Any) -> str:
        return "bytea"

    def db_check(self, connection: Any) -> str:
        """The column refuses what was not sealed, whoever writes it: format mark, header, and at least one block."""
        column = connection.ops.quote_name(self.column)
        sealed = f"get_byte({column}, 0) = {FORMAT} AND octet_length({column}) >= {SEALED_OVERHEAD + BLOCK}"
        return f"octet_length({column}) = 0 OR ({sealed})"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        return Sealed(bytes(value)) if value else ""

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if value.__class__ is Sealed:
            return value.data
        if isinstance(value, str) and value == "":
            return b""
        raise TypeError(f"{self.name} is sealed: save the row; update(), bulk_update() and filters cannot seal.")

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        if hasattr(value, "as_sql"):
            raise TypeError(f"{self.name} is sealed: the database cannot compute it.")
        return "%s"

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> Any:
        return None


class SealedTextField(SealedField, models.TextField):  # type: ignore[type-arg]
    """Words of any length; `max_length` is checked by forms and full_clean()."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(validators.MaxLengthValidator(self.max_length))


class SealedCharField(SealedField, models.CharField):  # type: ignore[type-arg]
    """A line of text."""


class SealedDateField(SealedField, models.DateField):  # type: ignore[type-arg]
    """A calendar day."""

    def to_text(self, value: Any) -> str:
        return str(self.to_python(value).isoformat())

    def from_text(self, text: str) -> Any:
        return models.DateField.to_python(self, text)


class SealedJSONField(SealedField, models.JSONField):
    """A small document. Assign a new one to change it: a document changed in place is noticed as well."""

    def to_text(self, value: Any) -> str:
        return json.dumps(value, cls=self.encoder, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def from_text(self, text: str) -> Any:
        return json.loads(text, cls=self.decoder)

    def pre_save(self, instance: Any, add: bool) -> Any:
        held = instance.__dict__.get(self.attname)
        if held.__class__ is Sealed and held._row == instance.pk:
            was = open_sealed(held.data, field_id=self.field_id, row=instance.pk).rstrip(b"\0")[:-1].decode()
            if self.to_text(held._value) != was:
                instance.__dict__[self.attname] = held._value
        return super().pre_save(instance, add)

    def seal(self, value: Any, *, row: object) -> Sealed:
        sealed = super().seal(value, row=row)
        sealed._value = self.from_text(self.to_text(value))  # not the caller's own object
        return sealed


def opener_of(model: type[models.Model], name: str) -> Callable[[Any, UUID], Any]:
    """Opens values of a sealed field as `values_list` brings them (some are empty), for the rows with these keys."""
    field: Any = model._meta.get_field(name)
    open_one = field.opener(keyring())
    return lambda value, row: open_one(value, row) if value.__class__ is Sealed else value
