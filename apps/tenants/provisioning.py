"""Open, migrate, suspend and re-open clinics. Runs where the owner's login is configured, never in a web process."""

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.validators import validate_email
from django.db import IntegrityError, connections, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from apps.core import encryption
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.core.money import CURRENCIES
from apps.core.refusals import Conflict, NotPermitted, Refusal
from apps.tenants import blueprint
from apps.tenants.models import Clinic, Domain
from apps.tenants.signals import clinic_migrated, clinic_opened

OWNER = "owner"
SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?")
RESERVED = frozenset({"www", "api", "admin", "console", "mail", "public", "static", "localhost"})
ROLE_AND_SCHEMA = (
    "CREATE SCHEMA IF NOT EXISTS {s}",
    "GRANT USAGE ON SCHEMA {s} TO {s}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {s} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {s}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {s} GRANT USAGE ON SEQUENCES TO {s}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {s} GRANT EXECUTE ON FUNCTIONS TO {s}",
    "GRANT USAGE ON SCHEMA extensions TO {s}",
)
REVOKED = (
    "REVOKE USAGE ON SCHEMA extensions FROM {s}",
    "REVOKE USAGE ON SCHEMA tenancy FROM {s}",  # clinics that were opened before 0007 have it
)


class BadClinicDetail(Refusal):
    """A clinic's name, address, time zone or currency cannot be used."""


class SlugTaken(Conflict):
    """Another clinic already lives at this address."""


class NotOpen(NotPermitted):
    """The clinic is not in a state in which this can be done."""


class StillOpen(Conflict):
    """People may be at work in the clinic."""


def register_clinic(
    *,
    slug: str,
    name: str,
    admin_email: str,
    at: datetime,
    timezone: str = "UTC",
    currency: str = "USD",
    locale: str = "en",
    plan: str = Clinic.Plan.TRIAL,
    schema_name: str = "",
) -> Clinic:
    """Write down a clinic that is to be opened; `open_registered` builds it. Call inside the platform.

    Raises BadClinicDetail, SlugTaken.
    """
    admin_email = admin_email.strip().lower()
    _refuse_bad_details(
        slug=slug, name=name, admin_email=admin_email, timezone=timezone, currency=currency, locale=locale, plan=plan
    )
    with transaction.atomic():
        if Clinic.objects.filter(slug=slug).exists():
            raise _taken(slug)
        with _once(slug):
            clinic = Clinic.objects.create(
                schema_name=schema_name or f"t_{secrets.token_hex(8)}",
                slug=slug,
                name=name.strip(),
                admin_email=admin_email,
                settings={"timezone": timezone, "currency": currency, "locale": locale},
                plan=plan,
                created_at=at,
            )
            Domain.objects.create(tenant=clinic, domain=f"{slug}.{settings.HPMS_DOMAIN}")
    return clinic


@contextmanager
def _once(slug: str) -> Iterator[None]:
    """A second click, or the host of another clinic: the database says so."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "slug" in str(error) or "domain" in str(error):
            raise _taken(slug) from None
        raise


def _taken(slug: str) -> SlugTaken:
    return SlugTaken(_("A clinic with the address “%(slug)s” exists already.") % {"slug": slug}, field="slug")


def open_registered(clinic: Clinic, *, at: datetime) -> Clinic:
    """Build the schema, keys and first rows of a registered clinic, then open its door.

    May be killed anywhere and called again: until the last step the clinic's state is "opening" and
    nobody can enter it; a half-built schema is dropped and built anew. Raises NotOpen where it is open already, also
    where somebody else has opened it since `clinic` was read.
    """
    with _alone_with(clinic):
        if clinic.state != Clinic.State.OPENING:
            raise NotOpen(_("“%(name)s” has been opened already.") % {"name": clinic.name})
        _build(clinic, at=at)
    return clinic


def _build(clinic: Clinic, *, at: datetime) -> None:
    _drop_half_built(clinic.schema_name)
    _ensure_role_and_schema(clinic.schema_name)
    if not blueprint.play_into(clinic.schema_name):
        with blueprint.recorded():
            _migrate(clinic.schema_name)
    _guard(clinic.schema_name, clinic.id, clinic.schema_name)
    who = {"actor": "provisioning", "slug": clinic.slug, "name": clinic.name}
    with connection.inside(clinic.schema_name, clinic=clinic.id, **who):
        encryption.create_keys(clinic.id)
        clinic_migrated.send(Clinic)
        clinic_opened.send(Clinic, clinic=clinic, at=at)
    with connection.inside("public", clinic=PLATFORM_ID, actor="provisioning"):
        Clinic.objects.filter(pk=clinic.pk, state=Clinic.State.OPENING).update(state=Clinic.State.OPEN, opened_at=at)
        clinic.refresh_from_db()


def suspend(clinic: Clinic, *, at: datetime, reason: str) -> Clinic:
    """Close a clinic's door: every request to it is answered with a sentence. Call inside the platform."""
    if not reason.strip():
        raise BadClinicDetail(_("Say why the clinic is suspended."), field="reason")
    with transaction.atomic():
        clinic = Clinic.objects.select_for_update().get(pk=clinic.pk)
        if clinic.state != Clinic.State.OPEN:
            raise NotOpen(_("Only an open clinic can be suspended."))
        clinic.state, clinic.suspended_at, clinic.suspended_reason = Clinic.State.SUSPENDED, at, reason.strip()
        clinic.save(update_fields=["state", "suspended_at", "suspended_reason"])
    return clinic


def resume(clinic: Clinic) -> Clinic:
    """Open a suspended clinic's door again. Call inside the platform."""
    with transaction.atomic():
        clinic = Clinic.objects.select_for_update().get(pk=clinic.pk)
        if clinic.state != Clinic.State.SUSPENDED:
            raise NotOpen(_("Only a suspended clinic can be resumed."))
        clinic.state, clinic.suspended_at, clinic.suspended_reason = Clinic.State.OPEN, None, ""
        clinic.save(update_fields=["state", "suspended_at", "suspended_reason"])
    return clinic


def change_plan(clinic: Clinic, *, plan: str) -> Clinic:
    """Put a clinic on another plan. Call inside the platform."""
    if plan not in Clinic.Plan.values:
        raise BadClinicDetail(_("There is no such plan."), field="plan")
    with transaction.atomic():
        clinic = Clinic.objects.select_for_update().get(pk=clinic.pk)
        clinic.plan = plan
        clinic.save(update_fields=["plan"])
    return clinic


def erase(clinic: Clinic, *, although_open: bool = False) -> None:
    """Remove a clinic for ever: its door, then its schema with its keys and its role. There is no way back.

    May be killed anywhere: the clinic stays "erasing", nobody can enter it, and `migrate_clinics` ends the work.
    Raises StillOpen, also where somebody has opened it since `clinic` was read.
    """
    with _alone_with(clinic):
        if clinic.state == Clinic.State.OPEN and not although_open:
            raise StillOpen(
                _("“%(slug)s” is open. Suspend it first: people may be at work in it.") % {"slug": clinic.slug}
            )
        _erase(clinic)


def _erase(clinic: Clinic) -> None:
    with connection.inside("public", clinic=PLATFORM_ID, actor="provisioning"):
        Clinic.objects.filter(pk=clinic.pk).update(state=Clinic.State.ERASING)
    name = sql.Identifier(clinic.schema_name)
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        cursor.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", [clinic.schema_name])
        if cursor.fetchone():
            for step in REVOKED:
                cursor.execute(sql.SQL(step).format(s=name))
            cursor.execute(sql.SQL("DROP ROLE {}").format(name))
    with connection.inside("public", clinic=PLATFORM_ID, actor="provisioning"):
        Clinic.objects.filter(pk=clinic.pk).delete()


@contextmanager
def _alone_with(clinic: Clinic) -> Iterator[None]:
    """Nobody else opens or erases this clinic meanwhile, and its state is what it is now. Whoever is killed lets go."""
    apart = connections.create_connection(OWNER)  # migrations close the usual one, and with it what it locks
    try:
        with apart.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"hpms.clinic.{clinic.pk}"])
        with connection.inside("public", clinic=PLATFORM_ID, actor="provisioning"):
            now = Clinic.objects.filter(pk=clinic.pk).values_list("state", flat=True).first()
        clinic.state = now or Clinic.State.ERASING  # gone already
        yield
    finally:
        apart.close()


def migrate_platform() -> None:
    """Bring the public schema up to date, guard it, and see that the platform has its keys."""
    call_command("migrate_schemas", shared=True, verbosity=0, interactive=False, database=OWNER)
    _guard("public", PLATFORM_ID, "hpms_platform")
    with connection.inside("public", clinic=PLATFORM_ID, actor="provisioning"):
        if not encryption.has_keys():
            encryption.create_keys(PLATFORM_ID)
        clinic_migrated.send(Clinic)


def migrate_schema(schema: str, clinic_id: object) -> None:
    """Bring one clinic's schema up to date and put the guards on whatever is new in it."""
    _ensure_role_and_schema(schema)
    _migrate(schema)
    _guard(schema, clinic_id, schema)


def migrate_clinic(clinic: Clinic) -> None:
    """Bring an opened clinic up to date: schema, guards, roles and whatever else apps keep in step."""
    migrate_schema(clinic.schema_name, clinic.id)
    with connection.inside(clinic.schema_name, clinic=clinic.id, actor="provisioning"):
        clinic_migrated.send(Clinic)


def lagging(clinics: Iterable[Clinic]) -> list[Clinic]:
    """Which of these clinics lack a migration, asked in one query over all schemas (0.1 s for hundreds)."""
    from django.db.migrations.loader import MigrationLoader  # loads every migration: only this command needs it

    clinics = list(clinics)
    if not clinics:
        return []
    loader = MigrationLoader(None, ignore_no_migrations=True)
    wanted = {key for key in loader.graph.nodes if key[0] in _tenant_labels()}
    parts = [
        sql.SQL("SELECT {name}, app, name FROM {table}").format(
            name=sql.Literal(clinic.schema_name), table=sql.Identifier(clinic.schema_name, "django_migrations")
        )
        for clinic in clinics
    ]
    have: dict[str, set[tuple[str, str]]] = {}
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        for schema, app, name in cursor.fetchall():
            have.setdefault(schema, set()).add((app, name))
    return [clinic for clinic in clinics if not wanted <= have.get(clinic.schema_name, set())]


def _refuse_bad_details(
    *, slug: str, name: str, admin_email: str, timezone: str, currency: str, locale: str, plan: str
) -> None:
    """All that is refused later on would leave a clinic that cannot be opened."""
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise BadClinicDetail(
            _("Use 3 to 40 small letters, digits and hyphens for the address, starting with a letter."), field="slug"
        )
    if not name.strip() or len(name) > 120:
        raise BadClinicDetail(_("Give the clinic a name of at most 120 letters."), field="name")
    try:
        validate_email(admin_email)
    except ValidationError as problem:
        raise BadClinicDetail(_("This is not an e-mail address."), field="admin_email") from problem
    if len(admin_email) > 254:
        raise BadClinicDetail(_("This e-mail address is too long."), field="admin_email")
    if not LOCALE.fullmatch(locale):
        raise BadClinicDetail(_("Write language and region like en-in."), field="locale")
    if timezone not in available_timezones():
        raise BadClinicDetail(_("“%(zone)s” is not a time zone.") % {"zone": timezone}, field="timezone")
    ZoneInfo(timezone)
    if currency not in CURRENCIES:
        raise BadClinicDetail(_("“%(code)s” is not a currency.") % {"code": currency}, field="currency")
    if plan not in Clinic.Plan.values:
        raise BadClinicDetail(_("There is no such plan."), field="plan")


def _migrate(schema: str) -> None:
    call_command("migrate_schemas", tenant=True, schema_name=schema, verbosity=0, interactive=False, database=OWNER)


def _ensure_role_and_schema(schema: str) -> None:
    name = sql.Identifier(schema)
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        bare = "" if int(cursor.fetchone()[0]) < 160000 else " WITH INHERIT FALSE, SET TRUE"
        cursor.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", [schema])
        if not cursor.fetchone():
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
        cursor.execute(sql.SQL("GRANT {} TO hpms_app" + bare).format(name))
        for step in ROLE_AND_SCHEMA:
            cursor.execute(sql.SQL(step).format(s=name))


def _guard(schema: str, clinic_id: object, role: str) -> None:
    marked = {
        mark: [model._meta.db_table for model in apps.get_models() if getattr(model, mark, False)]
        for mark in ("append_only", "derived")
    }
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT tenancy.guard(%s, %s, %s, %s, %s)", [schema, str(clinic_id), role, *marked.values()])


def _drop_half_built(schema: str) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _tenant_labels() -> set[str]:
    return {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
