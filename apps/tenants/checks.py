"""Refuse to run a house whose walls have holes."""

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

PRIVILEGES = """
    SELECT r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolinherit,
           pg_catalog.has_schema_privilege('public', 'USAGE'),
           (SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relowner = r.oid)
      FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
"""
SET_CONFIG_IS_PUBLIC = """
    SELECT EXISTS (SELECT FROM pg_catalog.pg_proc p,
                   LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                   WHERE p.oid = 'pg_catalog.set_config(text,text,boolean)'::regprocedure
                     AND a.grantee = 0 AND a.privilege_type = 'EXECUTE')
"""
WITHOUT_TRIPWIRE = """
    SELECT n.nspname || '.' || c.relname
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname LIKE 't\\_%' AND c.relkind IN ('r', 'p')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.conname = 'tripwire')
     ORDER BY 1 LIMIT 5
"""


@register(Tags.models)
def table_names_do_not_overlap(**kwargs: Any) -> list[CheckMessage]:
    """A table of the platform must not be shadowed by one of a clinic, nor the other way round."""
    places: dict[str, set[str]] = defaultdict(set)
    for model in apps.get_models(include_auto_created=True):
        config = apps.get_app_config(model._meta.app_label)
        if config.name in settings.IN_BOTH:
            continue
        if config.name in settings.SHARED_APPS:
            places[model._meta.db_table].add("public")
        elif config.name in settings.TENANT_APPS:
            places[model._meta.db_table].add("clinic")
        else:
            places[model._meta.db_table].add("nowhere")
    found = [
        Error(f"The table {table} would exist in public and in clinics.", id="tenants.E001")
        for table, where in sorted(places.items())
        if len(where) > 1
    ]
    return [
        *found,
        *(
            Error(f"The table {table} belongs to an app that is neither shared nor a clinic's.", id="tenants.E002")
            for table, where in sorted(places.items())
            if "nowhere" in where
        ),
    ]


@register(Tags.database)
def app_role_is_bare(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The login of web and worker owns nothing, inherits nothing and may see nothing before it enters a clinic."""
    if not databases or "default" not in databases:
        return []
    default = connections["default"]
    with default.plumbing(), default.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(PRIVILEGES)
        privileged, sees_public, owned = cursor.fetchone()
        cursor.execute(SET_CONFIG_IS_PUBLIC)
        (loose,) = cursor.fetchone()
    found: list[CheckMessage] = []
    if privileged or sees_public or owned:
        found.append(
            Error(
                "The app's database role is privileged: it must be a bare NOINHERIT login that owns nothing.",
                hint="Use the role hpms_app, as bootstrap.prepare makes it.",
                id="tenants.E003",
            )
        )
    if loose:
        found.append(
            Warning(
                "Anybody may call set_config() on this server: an injected SELECT could change its role.",
                hint="REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC.",
                id="tenants.W001",
            )
        )
    return found


@register(Tags.database)
def every_table_has_its_tripwire(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """FR-M01: rows restored into the wrong schema must be refused by every table."""
    if not databases or "owner" not in databases:
        return []
    with connections["owner"].cursor() as cursor:
        cursor.execute(WITHOUT_TRIPWIRE)
        tables = [row[0] for row in cursor.fetchall()]
    if not tables:
        return []
    return [Error(f"Tables without a tripwire: {', '.join(tables)}.", hint="Run migrate_clinics.", id="tenants.E004")]
