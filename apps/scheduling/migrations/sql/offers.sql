-- A time that is offered is kept: for any writer. Both guards take the provider's row first, as booking does.
-- Arguments: tables of providers and appointments.
CREATE FUNCTION scheduling_offer_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    provider uuid;
    busiest int;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status <> 'open' THEN
            RAISE EXCEPTION 'offer %: it is settled', OLD.id
                USING ERRCODE = '23514', CONSTRAINT = 'offer_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        IF (OLD.entry_id, OLD.provider_id, OLD.starts_at, OLD.ends_at, OLD.busy_from, OLD.busy_until)
           IS DISTINCT FROM (NEW.entry_id, NEW.provider_id, NEW.starts_at, NEW.ends_at, NEW.busy_from, NEW.busy_until) THEN
            RAISE EXCEPTION 'offer %: another time is another offer', OLD.id
                USING ERRCODE = '23514', CONSTRAINT = 'offer_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT id FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO provider USING NEW.provider_id;
    EXECUTE format('WITH near AS (
                      SELECT busy_from, busy_until FROM %1$I.%2$I WHERE provider_id = $1 AND busy_from < $3 AND busy_until > $2
                         AND status IN (''scheduled'', ''arrived'', ''in_session'', ''completed'')
                      UNION ALL SELECT busy_from, busy_until FROM %1$I.%3$I
                       WHERE provider_id = $1 AND busy_from < $3 AND busy_until > $2 AND status = ''open'' AND expires_at > clock_timestamp())
                    SELECT coalesce(max((SELECT count(*) FROM near b WHERE b.busy_from <= greatest(a.busy_from, $2)
                                            AND b.busy_until > greatest(a.busy_from, $2))), 0) FROM near a',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_TABLE_NAME)
        INTO busiest USING NEW.provider_id, NEW.busy_from, NEW.busy_until;
    IF busiest >= NEW.capacity THEN
        RAISE EXCEPTION 'offer %: this time is taken', NEW.id
            USING ERRCODE = '23P01', CONSTRAINT = 'offer_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER offer_guard BEFORE INSERT OR UPDATE ON scheduling_waitlistoffer FOR EACH ROW
    EXECUTE FUNCTION scheduling_offer_guard('clinic_provider', 'scheduling_appointment')
-- ;;
ALTER TABLE scheduling_waitlistoffer ENABLE ALWAYS TRIGGER offer_guard
-- ;;
-- Nobody is booked over a standing offer. Arguments: tables of providers and offers. Named to run after appointment_guard.
CREATE FUNCTION scheduling_appointment_offer_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    active CONSTANT text[] := ARRAY['scheduled', 'arrived', 'in_session', 'completed'];
    provider uuid;
    offered int;
    busiest int;
BEGIN
    IF NOT NEW.status = ANY (active) OR NEW.is_override THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = ANY (active)
       AND (OLD.provider_id, OLD.busy_from, OLD.busy_until) = (NEW.provider_id, NEW.busy_from, NEW.busy_until) THEN
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT id FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO provider USING NEW.provider_id;
    EXECUTE format('SELECT count(*) FROM %I.%I WHERE provider_id = $1 AND busy_from < $3 AND busy_until > $2
                       AND status = ''open'' AND expires_at > clock_timestamp()', TG_TABLE_SCHEMA, TG_ARGV[1])
        INTO offered USING NEW.provider_id, NEW.busy_from, NEW.busy_until;
    IF offered = 0 THEN
        RETURN NEW;
    END IF;
    EXECUTE format('WITH near AS (
                      SELECT busy_from, busy_until FROM %1$I.%2$I WHERE provider_id = $1 AND busy_from < $3 AND busy_until > $2
                         AND id <> $4 AND status = ANY ($5)
                      UNION ALL SELECT busy_from, busy_until FROM %1$I.%3$I
                       WHERE provider_id = $1 AND busy_from < $3 AND busy_until > $2 AND status = ''open'' AND expires_at > clock_timestamp())
                    SELECT coalesce(max((SELECT count(*) FROM near b WHERE b.busy_from <= greatest(a.busy_from, $2)
                                            AND b.busy_until > greatest(a.busy_from, $2))), 0) FROM near a',
                   TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[1])
        INTO busiest USING NEW.provider_id, NEW.busy_from, NEW.busy_until, NEW.id, active;
    IF busiest >= NEW.capacity THEN
        RAISE EXCEPTION 'appointment %: this time is offered to somebody who waits', NEW.number
            USING ERRCODE = '23P01', CONSTRAINT = 'appointment_offer_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER appointment_offer_guard BEFORE INSERT OR UPDATE ON scheduling_appointment FOR EACH ROW
    EXECUTE FUNCTION scheduling_appointment_offer_guard('clinic_provider', 'scheduling_waitlistoffer')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER appointment_offer_guard
