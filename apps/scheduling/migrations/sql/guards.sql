-- No double booking for any writer (FR-S01): ORM, bulk_create, update() and raw SQL alike.
-- Arguments of the guard: tables of providers, weekly hours and one-off openings.
CREATE FUNCTION scheduling_appointment_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    active CONSTANT text[] := ARRAY['scheduled', 'arrived', 'in_session', 'completed'];
    provider uuid;
    allowed int;
    busiest int;
BEGIN
    NEW.busy_from := NEW.starts_at - make_interval(mins => NEW.buffer_before);
    NEW.busy_until := NEW.ends_at + make_interval(mins => NEW.buffer_after);
    IF NOT NEW.status = ANY (active) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = ANY (active)
       AND (OLD.provider_id, OLD.busy_from, OLD.busy_until, OLD.lane, OLD.capacity, OLD.is_override)
           = (NEW.provider_id, NEW.busy_from, NEW.busy_until, NEW.lane, NEW.capacity, NEW.is_override) THEN
        RETURN NEW;  -- attendance: it keeps the place that it has
    END IF;
    -- One writer at a time for a provider: the row, not an advisory lock, so that it travels with the clinic.
    EXECUTE format('SELECT id FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO provider USING NEW.provider_id;
    IF NEW.is_override THEN
        RETURN NEW;
    END IF;
    IF NEW.capacity > 1 THEN
        EXECUTE format('SELECT greatest(1, (SELECT max(capacity) FROM %1$I.%2$I WHERE provider_id = $1),
                                        (SELECT max(capacity) FROM %1$I.%3$I WHERE provider_id = $1 AND withdrawn_at IS NULL))',
                       TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2])
            INTO allowed USING NEW.provider_id;
        IF NEW.capacity > allowed THEN
            RAISE EXCEPTION 'appointment %: no hours of this provider take % patients at a time', NEW.number, NEW.capacity
                USING ERRCODE = '23514', CONSTRAINT = 'appointment_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
    END IF;
    -- All active rows count, overrides too: nobody slips in beside one.
    EXECUTE format('WITH near AS (SELECT busy_from, busy_until FROM %I.%I
                                   WHERE provider_id = $1 AND id <> $2 AND status = ANY ($3)
                                     AND busy_from < $5 AND busy_until > $4)
                    SELECT coalesce(max((SELECT count(*) FROM near b
                                          WHERE b.busy_from <= greatest(a.busy_from, $4)
                                            AND b.busy_until > greatest(a.busy_from, $4))), 0) FROM near a',
                   TG_TABLE_SCHEMA, TG_TABLE_NAME)
        INTO busiest USING NEW.provider_id, NEW.id, active, NEW.busy_from, NEW.busy_until;
    IF busiest >= NEW.capacity THEN
        RAISE EXCEPTION 'appointment % overlaps another appointment of its provider', NEW.number
            USING ERRCODE = '23P01', CONSTRAINT = 'appointment_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER appointment_guard BEFORE INSERT OR UPDATE ON scheduling_appointment FOR EACH ROW
    EXECUTE FUNCTION scheduling_appointment_guard('clinic_provider', 'scheduling_weeklyhours', 'scheduling_oneoffopening')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER appointment_guard
-- ;;
-- Behind the guard, should it ever be lost: one appointment at a time in each lane of a provider.
ALTER TABLE scheduling_appointment ADD CONSTRAINT appointment_lane
    EXCLUDE USING gist (provider_id WITH =, lane WITH =, tstzrange(busy_from, busy_until) WITH &&)
    WHERE (status IN ('scheduled', 'arrived', 'in_session', 'completed'))
-- ;;
ALTER TABLE scheduling_appointment ADD CONSTRAINT appointment_override_reason
    CHECK (NOT is_override OR octet_length(override_reason) > 0)
-- ;;
-- FR-S02 for any writer. Argument: the table of transitions, which names what may be undone.
CREATE FUNCTION scheduling_appointment_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    undone boolean := false;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'appointment %: appointments are cancelled, never deleted', OLD.number
            USING ERRCODE = '42501', CONSTRAINT = 'appointment_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status NOT IN ('requested', 'scheduled') THEN
            RAISE EXCEPTION 'appointment %: nothing begins as %', NEW.number, NEW.status
                USING ERRCODE = '23514', CONSTRAINT = 'appointment_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status = OLD.status THEN
        IF OLD.status IN ('in_session', 'completed', 'cancelled', 'no_show')
           AND (OLD.provider_id, OLD.starts_at, OLD.ends_at) IS DISTINCT FROM (NEW.provider_id, NEW.starts_at, NEW.ends_at) THEN
            RAISE EXCEPTION 'appointment %: one that is % keeps its time and provider', NEW.number, OLD.status
                USING ERRCODE = '23514', CONSTRAINT = 'appointment_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.status, NEW.status) IN (
        ('requested', 'scheduled'), ('requested', 'cancelled'), ('scheduled', 'arrived'), ('scheduled', 'no_show'),
        ('scheduled', 'cancelled'), ('arrived', 'in_session'), ('arrived', 'cancelled'), ('in_session', 'completed')) THEN
        RETURN NEW;
    END IF;
    -- Back only to undo the last move, and only after that has been written down.
    IF (OLD.status, NEW.status) IN (('arrived', 'scheduled'), ('no_show', 'scheduled'), ('in_session', 'arrived'),
                                    ('cancelled', 'requested'), ('cancelled', 'scheduled'), ('cancelled', 'arrived')) THEN
        EXECUTE format('SELECT undoes_id IS NOT NULL AND from_status = $2 AND to_status = $3 FROM %I.%I
                         WHERE appointment_id = $1 ORDER BY id DESC LIMIT 1', TG_TABLE_SCHEMA, TG_ARGV[0])
            INTO undone USING NEW.id, OLD.status, NEW.status;
    END IF;
    IF NOT coalesce(undone, false) THEN
        RAISE EXCEPTION 'appointment %: no way from % to %', NEW.number, OLD.status, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'appointment_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER appointment_moves BEFORE INSERT OR UPDATE OR DELETE ON scheduling_appointment FOR EACH ROW
    EXECUTE FUNCTION scheduling_appointment_moves('scheduling_appointmenttransition')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER appointment_moves
-- ;;
-- Weekly hours of a provider do not overlap on the days on which they hold. 00:00 as an end is midnight.
ALTER TABLE scheduling_weeklyhours ADD CONSTRAINT weekly_hours_overlap EXCLUDE USING gist (
    provider_id WITH =, weekday WITH =, daterange(effective_from, effective_until, '[]') WITH &&,
    tsrange(DATE '2000-01-01' + starts, DATE '2000-01-01' + ends + CASE WHEN ends = TIME '00:00' THEN INTERVAL '1 day' ELSE INTERVAL '0' END) WITH &&)
