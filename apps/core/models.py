"""What every department's tables have in common, and the few tables that belong to none of them."""

import uuid
from typing import ClassVar

from django.db import models

from apps.core.clock import FIRST_YEAR, LAST_YEAR
from apps.core.ids import new_id

# The platform (public schema) is nobody's clinic; its rows carry this instead of a clinic's id.
PLATFORM_ID = uuid.UUID(int=0)


class CurrentClinic(models.Func):
    """The clinic that the transaction is in. The schema's own constant replaces it after migration."""

    function = "current_setting"
    template = "(%(function)s('hpms.clinic'))::uuid"
    arity = 0
    output_field = models.UUIDField()


class TenantField(models.UUIDField):  # type: ignore[type-arg]
    """FR-M01: which clinic a row belongs to. The database fills it in and refuses any other value."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.update(editable=False, db_default=CurrentClinic())
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]


class ClinicRow(models.Model):
    """A row of a clinic, numbered by the database: for what is only ever added."""

    append_only: ClassVar[bool] = False  # True: UPDATE, DELETE and TRUNCATE are refused by the database
    derived: ClassVar[bool] = False  # True: worked out by the database from rows in the trail, and not in it itself

    tenant_id = TenantField()

    class Meta:
        abstract = True


class ClinicModel(ClinicRow):
    """A row of a clinic. Its id is known before it is saved, so that sealed values can be bound to it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class ClinicKey(ClinicModel):
    """A wrapped key of this clinic. Destroying these rows makes the clinic's data unreadable for ever."""

    class Purpose(models.TextChoices):
        WRAPPING = "wrapping"
        DATA = "data"
        INDEX = "index"
        SIGNING = "signing"

    purpose = models.CharField(max_length=10, choices=Purpose)
    version = models.PositiveSmallIntegerField()
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["purpose", "version"], name="clinic_key_once"),
            models.CheckConstraint(
                condition=models.Q(purpose__in=["wrapping", "data", "index", "signing"]), name="clinic_key_purpose"
            ),
        )


class NumberSeries(ClinicModel):
    """The last number given in a series in a year. Its row lock is what keeps a series without gaps."""

    series = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["series", "year"], name="number_series_once"),
            models.CheckConstraint(condition=models.Q(year__range=(FIRST_YEAR, LAST_YEAR)), name="number_series_year"),
        )


class IdempotencyRecord(ClinicModel):
    """The first answer to a request that carried an Idempotency-Key, kept to answer its repeats."""

    key = models.CharField(max_length=200)
    user_id = models.UUIDField()
    operation = models.CharField(max_length=200, help_text="Method and path of the request.")
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.BinaryField(null=True, help_text="The sealed body of the first answer.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user_id", "operation", "key"], name="idempotency_key_once"),)
