"""A clinic that was played from the tape must not differ from one that was migrated."""

import pytest

from apps.tenants import provisioning
from apps.tenants.models import Blueprint

SHAPE = {
    "columns": """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                         replace(pg_get_expr(d.adbin, d.adrelid), %(id)s, 'ID')
                    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                    LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
                   WHERE c.relnamespace = %(s)s::regnamespace AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """SELECT conrelid::regclass::text, conname, replace(pg_get_constraintdef(oid), %(id)s, 'ID')
                        FROM pg_constraint WHERE connamespace = %(s)s::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %(s)s",
    "triggers": """SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(t.oid)
                     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                    WHERE c.relnamespace = %(s)s::regnamespace AND NOT tgisinternal""",
    "functions": "SELECT proname, prosrc, proconfig FROM pg_proc WHERE pronamespace = %(s)s::regnamespace",
    "grants": """SELECT table_name, privilege_type FROM information_schema.role_table_grants
                  WHERE table_schema = %(s)s AND grantee = %(s)s""",
}
ROWS = {
    "content types": "SELECT id, app_label, model FROM {s}.django_content_type",
    "permissions": "SELECT id, content_type_id, codename FROM {s}.auth_permission",
    "migrations": "SELECT app, name FROM {s}.django_migrations",
}


def shape_of(server, clinic):
    parts = {"s": clinic.schema, "id": str(clinic.id)}
    server.execute(f"SET search_path TO {clinic.schema}, extensions")
    found = {
        name: {str(row).replace(clinic.schema, "CLINIC") for row in server.execute(query, parts)}
        for name, query in SHAPE.items()
    }
    return found | {name: set(server.execute(query.format(s=clinic.schema))) for name, query in ROWS.items()}


def test_migrated_and_played_clinics_have_the_same_shape(riverside, lakeside, as_superuser):
    """Riverside is the first clinic of the template and was migrated; Lakeside came from the tape."""
    with as_superuser() as server:
        migrated, played = shape_of(server, riverside), shape_of(server, lakeside)
    for part in migrated:
        assert migrated[part] == played[part], part
        assert migrated[part] or part == "functions"


def test_a_failed_replay_leaves_nothing_behind(throw_away, as_superuser):
    Blueprint.objects.using("owner").update(statements="CREATE TABLE one (id int); SELECT 1 / 0")
    with as_superuser() as server:
        server.execute("CREATE SCHEMA t_drill AUTHORIZATION hpms_owner")
        with pytest.raises(Exception, match="division by zero"):
            provisioning.blueprint.play_into("t_drill")
        assert server.execute("SELECT to_regclass('t_drill.one')").fetchone() == (None,)
