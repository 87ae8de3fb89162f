"""What an API is sent and answers, without making the same fields anew in the long way each time."""

import copy
from functools import cache
from typing import Any

from rest_framework.serializers import Field, Serializer


class Input(Serializer[Any]):
    """As its base: each request has fields of its own, but does not copy in depth what they were declared with."""

    def get_fields(self) -> dict[str, Any]:
        return {
            name: copy.deepcopy(field) if has_parts else copy.copy(field)
            for name, field, has_parts in _declared(type(self))
        }


@cache
def _declared(shape: type[Input]) -> list[tuple[str, Any, bool]]:
    """The fields and whether they have others inside, which know what they belong to: those are not to be shared."""
    fields: dict[str, Any] = shape._declared_fields
    return [
        (name, field, any(isinstance(part, Field) for part in (*vars(field).values(), *field._kwargs.values())))
        for name, field in fields.items()
    ]


def shaped(shape: type[Serializer[Any]], row: object, **context: bool) -> dict[str, Any]:
    """What ``shape(row, context=context).data`` is. The shape's fields are made once, not for each answer: that takes
    longer than to write them out. For shapes that ask for nothing else of the request."""
    written: dict[str, Any] = _made(shape, **context).to_representation(row)
    return written


@cache
def _made(shape: type[Serializer[Any]], **context: bool) -> Serializer[Any]:
    return shape(context=context)
