"""What an API is sent and answers, without making the same fields anew in the long way each time."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from django.db.models import Manager
from rest_framework.serializers import (
    ListSerializer,
    ManyRelatedField,
    ModelSerializer,
    PrimaryKeyRelatedField,
    RelatedField,
    Serializer,
    SkipField,
    empty,
)
from rest_framework.utils.serializer_helpers import BindingDict


class Input(Serializer[Any]):
    """As its base, but its fields are made once, not for each request: making them takes longer than all they check.
    They know nothing of a request, so nothing of it may be asked by them.

    Nor is the base's way gone to make one for a request: it counts every field on the class, for which Python forgets
    whatever it knew of the class and of all kinds of fields.
    """

    def __init__(self, instance: Any = None, data: Any = empty, **options: Any) -> None:
        if instance is not None or data is empty or options.keys() - {"partial"}:
            super().__init__(instance, data, **options)
            return
        vars(self).update(_blank(type(self), **options), initial_data=data, _context={})

    @property
    def fields(self) -> Any:
        return _fields(type(self), partial=self.partial)


@cache
def _blank(shape: type[Input], **options: bool) -> dict[str, Any]:
    """What one that is given no data has of its own."""
    return dict(vars(shape(**options)))


@cache
def _fields(shape: type[Input], *, partial: bool) -> Any:
    maker = shape(partial=partial)
    fields = BindingDict(maker)
    for name, field in maker.get_fields().items():
        fields[name] = field
    return fields


def shaped(shape: type[Serializer[Any]], row: object, **context: bool) -> dict[str, Any]:
    """What ``shape(row, context=context).data`` is, in half the time: how each field is read and written is found out
    once, not for each row. For shapes that ask for nothing else of the request.

    A field with ``for_answer()`` gives what writes its values in one answer, so that it looks up only once what all of
    them need.
    """
    return _writer(shape, **context)(row, {})


@cache
def _writer(shape: type[Serializer[Any]], **context: bool) -> "_Writer":
    return _Writer(shape(context=context))


class _Writer:
    """Writes rows as one shape does."""

    def __init__(self, shape: Any) -> None:
        self.parts = [(field.field_name, field, *_how(shape, field)) for field in shape._readable_fields]

    def __call__(self, row: object, of_answer: dict[type, Callable[[Any], Any]]) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for name, field, read, write, inner in self.parts:
            try:
                value = read(row)
            except SkipField:
                continue
            if value is None:
                written[name] = None
            elif inner is not None:
                rows = value.all() if isinstance(value, Manager) else value
                written[name] = [inner(one, of_answer) for one in rows]
            elif write is not None:
                written[name] = write(value)
            else:
                kind = field.__class__
                if kind not in of_answer:
                    of_answer[kind] = field.for_answer()
                written[name] = of_answer[kind](value)
        return written


def _how(shape: Any, field: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any] | None, _Writer | None]:
    """How the field's value is read from a row, and how it is written: by itself, by what the field gives for each
    answer, or (rows with a plain shape of their own) row by row."""
    if isinstance(field, PrimaryKeyRelatedField) and isinstance(shape, ModelSerializer) and field.pk_field is None:
        model: Any = type(shape).Meta.model
        key = attrgetter(model._meta.get_field(field.source).attname)
        return key, _as_it_is, None  # without the row that it names
    if isinstance(field, RelatedField | ManyRelatedField) or not field.source_attrs:
        return field.get_attribute, field.to_representation, None
    read = _reader(field)
    child: Any = field.child if isinstance(field, ListSerializer) else None
    if child is not None and type(child).to_representation is Serializer.to_representation:
        return read, None, _Writer(child)
    return read, None if hasattr(field, "for_answer") else field.to_representation, None


def _reader(field: Any) -> Callable[[Any], Any]:
    """By its name. What is not found so, or is to be called first, the field looks for itself."""
    find = attrgetter(field.source)

    def read(row: Any) -> Any:
        try:
            value = find(row)
        except AttributeError:
            return field.get_attribute(row)
        return field.get_attribute(row) if callable(value) else value

    return read


def _as_it_is(value: Any) -> Any:
    return value
