from pathlib import Path

from django.db import migrations

from apps.core.sql import statements

# Clinics that were opened before keep what they may do, under the new name.
GRANTS = """
    DO $$
    DECLARE home text;
    BEGIN
        FOR home IN SELECT c.schema_name FROM public.tenants_clinic c JOIN pg_roles r ON r.rolname = c.schema_name LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION tenancy.record_reads(uuid[], text) TO %I', home);
        END LOOP;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_derived_tables_are_told")]

    # Every statement of the walls may be repeated. Backwards there is nothing to do: the walls stay.
    operations = [
        migrations.RunSQL(tuple(statements(Path(__file__).parent / "sql" / "walls.sql")), migrations.RunSQL.noop),
        migrations.RunSQL(
            ("DROP FUNCTION IF EXISTS tenancy.record_read(uuid, text)", GRANTS),
            migrations.RunSQL.noop,
        ),
    ]
