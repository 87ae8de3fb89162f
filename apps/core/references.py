"""A row that a program names by its key."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers

from apps.core.prepared import prepared


class Reference(serializers.PrimaryKeyRelatedField[Any]):
    """As its base, for a whole table (`queryset=Patient.objects.all()`), asked by a prepared query."""

    def to_internal_value(self, data: Any) -> Any:
        rows: Any = self.get_queryset()
        model = rows.model
        if isinstance(data, bool):
            self.fail("incorrect_type", data_type=type(data).__name__)
        found = _of(model, pk=model._meta.pk.to_python(data))
        if not found:
            self.fail("does_not_exist", pk_value=data)
        return found[0]


@prepared
def _of(model: type[Model], /, *, pk: Any) -> QuerySet[Any]:
    return model._default_manager.filter(pk=pk)
