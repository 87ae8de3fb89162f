"""PostgreSQL backend whose clinic lives exactly as long as one transaction (NFR-02).

Nothing is ever set on the session: role, search_path, clinic and actor are SET LOCAL
by the first statement of the outermost transaction and vanish at COMMIT or ROLLBACK,
so neither a pool nor a forgotten clean-up can carry them into the next request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
from django.db import transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.utils.functional import cached_property
from django_tenants.postgresql_backend import base
from psycopg import sql
from psycopg._preparing import PrepareManager
from psycopg.adapt import AdaptersMap, Buffer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.datetime import TimestamptzLoader

SET_LOCAL = sql.SQL(
    "SET LOCAL ROLE {role}; SET LOCAL search_path TO {path};"
    " SET LOCAL hpms.clinic TO {clinic}; SET LOCAL hpms.actor TO {actor}; SET LOCAL hpms.roles TO {roles};"
    " SET LOCAL hpms.request_id TO {request_id}; SET LOCAL hpms.ip TO {ip}"
)
ACT_AS = sql.SQL("SET LOCAL hpms.actor TO {actor}; SET LOCAL hpms.roles TO {roles}")
RESET = sql.SQL(
    "SET LOCAL ROLE NONE; SET LOCAL search_path TO pg_catalog;"
    " SET LOCAL hpms.clinic TO ''; SET LOCAL hpms.actor TO ''; SET LOCAL hpms.roles TO '';"
    " SET LOCAL hpms.request_id TO ''; SET LOCAL hpms.ip TO ''"
)
PUBLIC = "public"
PLATFORM_ROLE = "hpms_platform"
NOTHING, UNKNOWN = object(), object()
# Statements that a connection keeps ready (settings.py says from which use on); a busy clinic asks about so many.
KEPT_READY = 200
CHANGING = (b"ALTER", b"DROP", b"DISCARD", b"DEALLOCATE")  # after these, they are let go


class OneStatementCursor(ServerBindingCursor):
    """Extended protocol even without parameters: an injected second statement is a syntax error."""

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:
        super()._execute_send(query, force_extended=True, binary=binary)  # type: ignore[misc]  # private: pinned, tested


class Ready(PrepareManager):
    """Statements stay ready after a ROLLBACK, also after one to a savepoint: the app makes and changes no tables.

    psycopg lets go of all of them there, so each refused request would have the server read and plan them anew.
    """

    def clear(self) -> bool:
        return False

    def _should_discard(self, prep: Any, results: Any, *_: Any) -> bool:  # private: pinned, tested
        if any((result.command_status or b"").startswith(CHANGING) for result in results):
            return super().clear()
        return False


class MomentLoader(TimestamptzLoader):
    """Moments as Django wants them, in UTC, a third as long as by its own loader: a day sheet reads a thousand."""

    timezone = UTC

    def load(self, data: Buffer) -> datetime:
        try:
            moment = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # infinity, and years that Python does not know
            return super().load(data).astimezone(UTC)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


@cache
def _adapters(of_django: AdaptersMap) -> AdaptersMap:
    ours = AdaptersMap(of_django)
    ours.register_loader("timestamptz", MomentLoader)
    return ours


class OutsideClinicError(RuntimeError):
    """A query was attempted where no clinic has been entered."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where the work happens and who answers for it.

    `memo` keeps what this one transaction has already looked up (the clinic's profile, say);
    it dies with the transaction, so nothing of a clinic outlives it.
    """

    schema: str
    clinic: str = ""
    actor: str = ""
    roles: str = ""
    request_id: str = ""
    ip: str = ""
    slug: str = ""
    name: str = ""
    memo: dict[Any, Any] = field(default_factory=dict, compare=False)

    @property
    def role(self) -> str:
        return PLATFORM_ROLE if self.schema == PUBLIC else self.schema

    def after(self, before: object) -> sql.Composed:
        """What turns the one into the other on the server: only who acts, where nothing else differs."""
        if isinstance(before, Context) and replace(before, actor=self.actor, roles=self.roles) == self:
            return ACT_AS.format(actor=sql.Literal(self.actor), roles=sql.Literal(self.roles))
        return self.statement

    @property
    def statement(self) -> sql.Composed:
        return SET_LOCAL.format(
            role=sql.Identifier(self.role),
            path=sql.SQL(", ").join([sql.Identifier(self.schema), sql.Identifier("extensions")]),
            clinic=sql.Literal(self.clinic),
            actor=sql.Literal(self.actor),
            roles=sql.Literal(self.roles),
            request_id=sql.Literal(self.request_id),
            ip=sql.Literal(self.ip),
        )


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    context: Context | None = None  # what the code wants
    _applied: object = NOTHING  # what the server has
    _plumbing = False  # constraint checks, the host look-up
    _to_release = ""  # a savepoint that is done with: the server is told with the next one, or by COMMIT

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone is UTC:
            params["context"] = _adapters(params["context"])
        return {**params, "cursor_factory": OneStatementCursor}

    def _configure_connection(self, connection: Any) -> bool:
        ready = Ready()
        ready.prepare_threshold, ready.prepared_max = connection.prepare_threshold, KEPT_READY
        connection._prepared = ready
        return bool(super()._configure_connection(connection))

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """django-tenants calls this on construction; afterwards use `inside`."""
        if self.context is not None:
            raise RuntimeError("A clinic cannot be switched; leave inside() first.")
        self.tenant, self.schema_name = tenant, tenant.schema_name

    @contextmanager
    def inside(self, schema: str, *, clinic: object = "", actor: str = "", **who: str) -> Iterator["DatabaseWrapper"]:
        """One outermost transaction inside one clinic. `durable` refuses nesting."""
        if self.context is not None:
            raise RuntimeError(f"Already inside {self.context.schema}.")
        with transaction.atomic(using=self.alias, durable=True):
            self.set_tenant(base.FakeTenant(schema))
            self.context = Context(schema, str(clinic), actor, **who)  # type: ignore[arg-type]
            try:
                yield self
                if len(self.atomic_blocks) > 1 and not self.needs_rollback:
                    self.check_constraints()  # only under a test's own transaction
            finally:
                self.context = None
                self.set_schema_to_public()

    def act_as(self, actor: str, roles: str = "") -> None:
        """Name the actor once authentication knows it; sent with the next statement."""
        if self.context is None:
            raise OutsideClinicError("act_as() needs a clinic.")
        self.context = replace(self.context, actor=actor, roles=roles)

    @contextmanager
    def plumbing(self) -> Iterator["DatabaseWrapper"]:
        before, self._plumbing = self._plumbing, True
        try:
            yield self
        finally:
            self._plumbing = before

    def _cursor(self, name: str | None = None) -> Any:
        cursor = base.original_backend.DatabaseWrapper._cursor(self, name)
        self._apply()
        return cursor

    def _apply(self) -> None:
        wanted = self._wanted()
        if wanted:
            self._send(wanted)

    def _wanted(self) -> sql.Composable | None:
        """What the server must be told before it is asked; who asks for this sends it."""
        if self.context is None and not self._plumbing:
            raise OutsideClinicError("No clinic entered: wrap the work in connection.inside().")
        if self._applied is (self.context or NOTHING) or self._applied == self.context:
            return None
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return None  # the server accepts nothing but a rollback now
        if not self.in_atomic_block:
            if self._plumbing:
                return None
            raise OutsideClinicError("A clinic needs an open transaction.")
        wanted = self.context.after(self._applied) if self.context else RESET
        self._applied = self.context or NOTHING
        return wanted

    def _send(self, *commands: sql.Composable) -> None:
        """Commands that answer nothing, as one message: each message is a wait. With them goes the BEGIN that psycopg
        would send by itself before the first."""
        server: Any = self.connection
        if server.info.transaction_status == TransactionStatus.IDLE:
            commands = (sql.SQL("BEGIN"), *commands)
        with self.wrap_database_errors:
            result = server.pgconn.exec_(sql.SQL("; ").join(commands).as_bytes(server))
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result)

    @cached_property
    def pg_version(self) -> int:
        with self.plumbing(), self.temporary_connection():
            return int(self.connection.info.server_version)

    def _savepoint(self, sid: str) -> None:
        with self.plumbing():
            self.ensure_connection()
            wanted = self._wanted()
        commands = [wanted] if wanted else []
        if self._to_release:
            commands.append(sql.SQL(self.ops.savepoint_commit_sql(self._to_release)))
        self._send(*commands, sql.SQL(self.ops.savepoint_create_sql(sid)))
        self._to_release = ""

    def _savepoint_commit(self, sid: str) -> None:
        """Whatever was to be released before stands inside this one, and goes with it."""
        self._to_release = sid

    def _savepoint_rollback(self, sid: str) -> None:
        self._to_release = ""  # it stands inside this one, or is this one
        with self.plumbing():
            super()._savepoint_rollback(sid)
        self._applied = UNKNOWN

    def savepoint_rollback(self, sid: str) -> None:  # without django-tenants' bookkeeping
        base.original_backend.DatabaseWrapper.savepoint_rollback(self, sid)

    def check_constraints(self, table_names: Any = None) -> None:
        with self.plumbing():
            super().check_constraints(table_names)

    def _commit(self) -> None:
        super()._commit()
        self._applied, self._to_release = NOTHING, ""

    def _rollback(self) -> None:
        self._applied, self._to_release = NOTHING, ""
        super()._rollback()

    def connect(self) -> None:
        self._applied, self._to_release = NOTHING, ""
        with self.plumbing():  # connection_created receivers ask the catalogue
            super().connect()
