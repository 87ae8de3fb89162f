"""What several parts of the API ask and answer alike."""

from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from apps.clinic import profile
from apps.core.clock import NoSuchDay, NoSuchTime, at_wall_time, refuse_odd_year
from apps.patients.models.persons import records_of

IN_THE_WAY = {409: OpenApiResponse(description="Something is in the way: `in_the_way`, and `free_times` instead.")}


class PersonFilter(django_filters.UUIDFilter):  # type: ignore[misc]
    """What stands on any record of a person."""

    def __init__(self) -> None:
        super().__init__("patient_id", label="On any record of this person.")

    def filter(self, rows: QuerySet[Any], patient: UUID | None) -> QuerySet[Any]:
        return rows if patient is None else rows.filter(patient__in=records_of(patient))


class MomentField(serializers.DateTimeField):
    """A moment. Without an offset it is a time on the clinic's clock; in the hour that comes twice, the first."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        try:
            refuse_odd_year(moment, field=self.field_name or "")
        except NoSuchDay as refusal:
            raise serializers.ValidationError(str(refusal), code=refusal.code) from None
        return moment

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            try:
                return at_wall_time(value.date(), value.time(), profile.current().zone)
            except NoSuchTime as refusal:
                raise serializers.ValidationError(str(refusal), code=refusal.code) from None
            except OverflowError:
                self.fail("overflow")
        return super().enforce_timezone(value)
