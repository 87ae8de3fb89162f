-- A room or a piece of equipment has one patient at a time, for any writer. Arguments: appointments, resources.
CREATE FUNCTION scheduling_resource_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    approved boolean;
    taken boolean;
    mine uuid;
BEGIN
    -- The appointment's row is locked, so that it cannot move away from what is copied here.
    EXECUTE format('SELECT busy_from, busy_until, status IN (''scheduled'', ''arrived'', ''in_session'', ''completed''),
                           overridden_by_id IS NOT NULL
                      FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO NEW.busy_from, NEW.busy_until, NEW.is_active, approved USING NEW.appointment_id;
    IF NOT coalesce(NEW.is_active, false) THEN
        NEW.is_active := false;
        NEW.busy_from := coalesce(NEW.busy_from, 'epoch');  -- no such appointment: its foreign key says so
        NEW.busy_until := coalesce(NEW.busy_until, 'epoch');
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.is_active
       AND (OLD.resource_id, OLD.busy_from, OLD.busy_until, OLD.is_override)
           = (NEW.resource_id, NEW.busy_from, NEW.busy_until, NEW.is_override) THEN
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT id FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[1])
        INTO mine USING NEW.resource_id;
    IF NEW.is_override AND approved THEN
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE resource_id = $1 AND id <> $2 AND is_active
                                      AND busy_from < $4 AND busy_until > $3)', TG_TABLE_SCHEMA, TG_TABLE_NAME)
        INTO taken USING NEW.resource_id, NEW.id, NEW.busy_from, NEW.busy_until;
    IF taken THEN
        RAISE EXCEPTION 'resource % is taken at that time', NEW.resource_id
            USING ERRCODE = '23P01', CONSTRAINT = 'resource_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    NEW.is_override := false;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER resource_guard BEFORE INSERT OR UPDATE ON scheduling_resourceuse FOR EACH ROW
    EXECUTE FUNCTION scheduling_resource_guard('scheduling_appointment', 'scheduling_resource')
-- ;;
ALTER TABLE scheduling_resourceuse ENABLE ALWAYS TRIGGER resource_guard
-- ;;
-- Behind the guard, should it ever be lost.
ALTER TABLE scheduling_resourceuse ADD CONSTRAINT resource_single_file
    EXCLUDE USING gist (resource_id WITH =, tstzrange(busy_from, busy_until) WITH &&) WHERE (is_active AND NOT is_override)
-- ;;
-- Whoever moves, cancels or brings back an appointment takes its resources along. Argument: the uses.
CREATE FUNCTION scheduling_resource_follows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF (OLD.busy_from, OLD.busy_until, OLD.status) IS DISTINCT FROM (NEW.busy_from, NEW.busy_until, NEW.status) THEN
        EXECUTE format('UPDATE %I.%I SET busy_from = $2 WHERE appointment_id = $1', TG_TABLE_SCHEMA, TG_ARGV[0])
            USING NEW.id, NEW.busy_from;
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER resource_follows AFTER UPDATE ON scheduling_appointment FOR EACH ROW
    EXECUTE FUNCTION scheduling_resource_follows('scheduling_resourceuse')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER resource_follows
