"""Which clinic lives at a host name."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import OperationalError
from psycopg_pool import PoolTimeout

from apps.core.connection import connection
from apps.core.models import PLATFORM_ID

LOOK_UP = "SELECT id, schema_name, slug, name, state, node FROM tenancy.clinic_for_host(%s)"


@dataclass(frozen=True, slots=True)
class ClinicAtHost:
    """What the directory tells about a host: enough to enter the clinic, nothing of what is in it."""

    id: UUID
    schema_name: str
    slug: str
    name: str
    state: str
    node: str

    @property
    def is_platform(self) -> bool:
        return self.schema_name == "public"


PLATFORM = ClinicAtHost(PLATFORM_ID, "public", "", "HPMS", "open", "default")


def clinic_for_host(host: str) -> ClinicAtHost | None:
    """The clinic at this host (without port), the platform for HPMS_DOMAIN itself, or None.

    A connection that the server has meanwhile dropped is replaced once. Who waited for one in vain does not wait again.
    """
    if host == settings.HPMS_DOMAIN:
        return PLATFORM
    try:
        row = _ask(host)
    except OperationalError as problem:
        if got_no_connection(problem):
            raise
        connection.close()
        row = _ask(host)
    return ClinicAtHost(*row) if row else None


def got_no_connection(problem: OperationalError) -> bool:
    """Whether the pool had none in time: all are in use, or the server is away."""
    return isinstance(problem.__cause__, PoolTimeout)


def _ask(host: str) -> tuple[UUID, str, str, str, str, str] | None:
    with connection.plumbing(), connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [host])
        row: tuple[UUID, str, str, str, str, str] | None = cursor.fetchone()
        return row
