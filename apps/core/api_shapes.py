"""Rows as an API answers with them."""

from functools import cache
from typing import Any

from rest_framework.serializers import Serializer


def shaped(shape: type[Serializer[Any]], row: object, **context: bool) -> dict[str, Any]:
    """What ``shape(row, context=context).data`` is. The shape's fields are made once, not for each answer: that takes
    longer than to write them out. For shapes that ask for nothing else of the request."""
    written: dict[str, Any] = _made(shape, **context).to_representation(row)
    return written


@cache
def _made(shape: type[Serializer[Any]], **context: bool) -> Serializer[Any]:
    return shape(context=context)
