-- The walls of ARCHITECTURE §3 and the trail of §6, owned by hpms_owner in the schema "tenancy".
-- Split at lines of "-- ;;" into single statements. Every statement may be repeated.

-- Who changed what: one row a change, written where the clinic itself cannot forge it. This is the pattern of which each
-- clinic has its own copy, in its own schema and looking nowhere else (tenancy.guard): a function that names no other
-- clinic's table keeps its plans. What proves who somebody is, or could be searched by guessing, has no place in a trail
-- that many may read: the trigger names such columns.
CREATE OR REPLACE FUNCTION tenancy.record_change_here() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    who text := nullif(current_setting('hpms.actor', true), '');
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - 'tenant_id' END;
    after_ jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - 'tenant_id' END;
    row_ jsonb := coalesce(after_, before);
    changed text[] := '{}';
BEGIN
    IF before = after_ THEN RETURN NULL; END IF;
    IF who IS NULL THEN
        IF session_user = 'hpms_app' THEN
            RAISE EXCEPTION 'write to %.% without an actor', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = '42501';
        END IF;
        who := 'db:' || session_user;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(n.key ORDER BY n.key), jsonb_object_agg(n.key, before -> n.key), jsonb_object_agg(n.key, n.value)
          INTO changed, before, after_
          FROM jsonb_each(after_) n WHERE n.value IS DISTINCT FROM before -> n.key;
    END IF;
    FOR n IN 0 .. TG_NARGS - 1 LOOP
        IF before ? TG_ARGV[n] THEN before := before || jsonb_build_object(TG_ARGV[n], '[not kept]'); END IF;
        IF after_ ? TG_ARGV[n] THEN after_ := after_ || jsonb_build_object(TG_ARGV[n], '[not kept]'); END IF;
    END LOOP;
    INSERT INTO audit_event (at, actor, roles, request_id, ip, txid, action, table_name, row_id, patient_id, changed, old, new)
    VALUES (clock_timestamp(), who, coalesce(current_setting('hpms.roles', true), ''), coalesce(current_setting('hpms.request_id', true), ''),
            nullif(current_setting('hpms.ip', true), '')::inet, pg_current_xact_id()::text::bigint,
            CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END,
            TG_TABLE_NAME, coalesce(row_ ->> 'id', ''),
            (CASE WHEN TG_TABLE_NAME = 'patients_patient' THEN row_ ->> 'id' ELSE row_ ->> 'patient_id' END)::uuid,
            changed, before, after_);
    RETURN NULL;
END $$
-- ;;
-- Reading leaves a trace too (§6). The clinic may ask for one, not write it freely: actor and time are the transaction's own.
-- A row for each patient; a reading that is of nobody in particular is of the patient NULL. Also a pattern (tenancy.guard).
CREATE OR REPLACE FUNCTION tenancy.record_reads_here(patients uuid[], kind text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE who text := nullif(current_setting('hpms.actor', true), '');
BEGIN
    IF who IS NULL THEN RAISE EXCEPTION 'read without an actor' USING ERRCODE = '42501'; END IF;
    INSERT INTO audit_event (at, actor, roles, request_id, ip, txid, action, table_name, row_id, patient_id, changed)
    SELECT clock_timestamp(), who, coalesce(current_setting('hpms.roles', true), ''), coalesce(current_setting('hpms.request_id', true), ''),
           nullif(current_setting('hpms.ip', true), '')::inet, pg_current_xact_id()::text::bigint, 'read', left(kind, 63),
           coalesce(patient::text, ''), patient, '{}'
      FROM unnest(patients) patient;
END $$
-- ;;
CREATE OR REPLACE FUNCTION tenancy.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP USING ERRCODE = '42501';
END $$
-- ;;
DROP FUNCTION IF EXISTS tenancy.guard(text, uuid, text, text[])
-- ;;
-- After each migration: tripwire, trail and append-only guards on every table of a schema, and the rights of its role.
-- Derived tables are not in the trail: the database works them out from rows that are.
CREATE OR REPLACE FUNCTION tenancy.guard(clinic_schema text, clinic_id uuid, role_ text, append_only text[], derived text[])
RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE t record; n int := 0; only_added boolean; secret text;
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION %1$I.record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                    SET search_path = pg_catalog, %1$I, pg_temp AS %2$L', clinic_schema,
                   (SELECT prosrc FROM pg_proc WHERE oid = 'tenancy.record_change_here()'::regprocedure));
    EXECUTE format('CREATE OR REPLACE FUNCTION %1$I.record_reads(patients uuid[], kind text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
                    SET search_path = pg_catalog, %1$I, pg_temp AS %2$L', clinic_schema,
                   (SELECT prosrc FROM pg_proc WHERE oid = 'tenancy.record_reads_here(uuid[], text)'::regprocedure));
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %I.record_reads(uuid[], text) FROM PUBLIC', clinic_schema);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %I.record_reads(uuid[], text) TO %I', clinic_schema, role_);
    FOR t IN SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
             WHERE s.nspname = clinic_schema AND c.relkind IN ('r', 'p') ORDER BY c.relname
    LOOP
        IF t.relname = 'django_migrations' THEN
            EXECUTE format('REVOKE ALL ON %I.%I FROM %I', clinic_schema, t.relname, role_);
            EXECUTE format('GRANT SELECT ON %I.%I TO %I', clinic_schema, t.relname, role_);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) THEN
            EXECUTE format('ALTER TABLE %I.%I ADD COLUMN tenant_id uuid NOT NULL DEFAULT %L', clinic_schema, t.relname, clinic_id);
        END IF;
        IF clinic_schema <> 'public' OR t.relname NOT LIKE 'tenants\_%' THEN
            IF NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.conname = 'tripwire') THEN
                EXECUTE format('ALTER TABLE %1$I.%2$I ALTER COLUMN tenant_id SET NOT NULL, ALTER COLUMN tenant_id SET DEFAULT %3$L,
                                ADD CONSTRAINT tripwire CHECK (tenant_id = %3$L)', clinic_schema, t.relname, clinic_id);
                n := n + 1;
            END IF;
        END IF;
        IF t.relname NOT IN ('audit_event', 'django_migrations', 'django_session', 'django_content_type', 'auditlog_logentry')
           AND t.relname <> ALL (derived) THEN
            SELECT coalesce(string_agg(quote_literal(a.attname), ', ' ORDER BY a.attnum), '') INTO secret FROM pg_attribute a
             WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname ~ '(^password|^stamp|_hash|_tokens?|^wrapped|^key|^payload)$';
            IF NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'record_change'
                            AND pg_get_triggerdef(g.oid) LIKE format('%% EXECUTE FUNCTION %I.record_change(%s)', clinic_schema, secret)) THEN
                EXECUTE format('DROP TRIGGER IF EXISTS record_change ON %I.%I', clinic_schema, t.relname);
                EXECUTE format('CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON %1$I.%2$I
                                FOR EACH ROW EXECUTE FUNCTION %1$I.record_change(%3$s)', clinic_schema, t.relname, secret);
                EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER record_change', clinic_schema, t.relname);
                n := n + 1;
            END IF;
        END IF;
        only_added := t.relname = 'audit_event' OR t.relname = ANY (append_only);
        IF only_added AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'append_only') THEN
            EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I.%I
                            FOR EACH ROW EXECUTE FUNCTION tenancy.refuse()', clinic_schema, t.relname);
            EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %I.%I
                            FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse()', clinic_schema, t.relname);
            EXECUTE format('ALTER TABLE %1$I.%2$I ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER append_only_whole',
                           clinic_schema, t.relname);
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I.%I FROM %I', clinic_schema, t.relname, role_);
            n := n + 1;
        END IF;
        IF t.relname = 'audit_event' THEN
            EXECUTE format('REVOKE INSERT ON %I.%I FROM %I', clinic_schema, t.relname, role_);
        END IF;
    END LOOP;
    RETURN n;
END $$
-- ;;
-- The bare login role may ask exactly one question: which clinic has this host.
CREATE OR REPLACE FUNCTION tenancy.clinic_for_host(host text)
RETURNS TABLE (id uuid, schema_name text, slug text, name text, state text, node text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT c.id, c.schema_name::text, c.slug::text, c.name::text, c.state::text, c.node::text
      FROM public.tenants_clinic c JOIN public.tenants_domain d ON d.tenant_id = c.id WHERE d.domain = lower(host)
$$
-- ;;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA tenancy FROM PUBLIC
-- ;;
GRANT EXECUTE ON FUNCTION tenancy.clinic_for_host(text) TO hpms_app

