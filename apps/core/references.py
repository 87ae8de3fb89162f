"""A row that a program names by its key."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers

from apps.core.connection import here
from apps.core.prepared import prepared


class Reference(serializers.PrimaryKeyRelatedField[Any]):
    """As its base, for a whole table (`queryset=Patient.objects.all()`, or `.only("number")`), asked by a prepared
    query."""

    def to_internal_value(self, data: Any) -> Any:
        rows: Any = self.get_queryset()
        model = rows.model
        if isinstance(data, bool):
            self.fail("incorrect_type", data_type=type(data).__name__)
        names, is_all_but = rows.query.deferred_loading
        found = _of(model, () if is_all_but else tuple(sorted(names)), pk=model._meta.pk.to_python(data))
        if not found:
            self.fail("does_not_exist", pk_value=data)
        (row,) = found
        row._read_in = here().memo
        return row


def was_just_read(row: Model) -> bool:
    """Whether a reference of this very request has read the row: to look again would tell nothing new."""
    return vars(row).get("_read_in") is here().memo


@prepared
def _of(model: type[Model], names: tuple[str, ...], /, *, pk: Any) -> QuerySet[Any]:
    rows = model._default_manager.filter(pk=pk).order_by()
    return rows.only(*names) if names else rows
