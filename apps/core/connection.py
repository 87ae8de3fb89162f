"""The database connection as our backend makes it (apps/tenants/backend), in words that a type checker knows.

`connection` is Django's own; it stands here so that everybody below and above the backend can say what they need of it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, cast

from django.db import connection as django_connection


class ClinicContext(Protocol):
    """Where the work happens and who answers for it: see tenants.backend.base.Context."""

    @property
    def schema(self) -> str: ...
    @property
    def clinic(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def roles(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def ip(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def memo(self) -> dict[Any, Any]: ...


class ClinicConnection(Protocol):
    """What our backend adds to a Django connection, and the little that callers use of Django's."""

    alias: str
    schema_name: str
    in_atomic_block: bool
    ops: Any

    @property
    def context(self) -> ClinicContext | None: ...
    def inside(
        self, schema: str, *, clinic: object = "", actor: str = "", **who: str
    ) -> AbstractContextManager[Any]: ...
    def act_as(self, actor: str, roles: str = "") -> None: ...
    def plumbing(self) -> AbstractContextManager[Any]: ...
    def cursor(self) -> Any: ...
    def close(self) -> None: ...
    def execute_wrapper(self, wrapper: Callable[..., Any]) -> AbstractContextManager[None]: ...


connection = cast(ClinicConnection, django_connection)


def on_platform() -> bool:
    """Whether this transaction is in the platform's own schema, not in a clinic's. Raises as `here`."""
    return here().schema == "public"


def here() -> ClinicContext:
    """The clinic that this transaction is in. Raises RuntimeError outside of one."""
    context = connection.context
    if context is None:
        raise RuntimeError("No clinic entered: wrap the work in connection.inside().")
    return context
