-- What somebody has in hand is not booked by anybody else, whoever writes, until it runs out. Fires after the guard,
-- which has locked the provider. An override may. Argument: the table of holds.
CREATE FUNCTION scheduling_appointment_held() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    active CONSTANT text[] := ARRAY['scheduled', 'arrived', 'in_session', 'completed'];
    held boolean;
    busiest int;
BEGIN
    IF NEW.is_override OR NOT NEW.status = ANY (active) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = ANY (active)
       AND (OLD.provider_id, OLD.busy_from, OLD.busy_until) = (NEW.provider_id, NEW.busy_from, NEW.busy_until) THEN
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE provider_id = $1 AND expires_at > clock_timestamp()
                                      AND busy_from < $3 AND busy_until > $2
                                      AND ''user:'' || by_id <> coalesce(current_setting(''hpms.actor'', true), '''')
                                      AND ($4 IS NULL OR by_id <> $4))', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO held USING NEW.provider_id, NEW.busy_from, NEW.busy_until,
                        CASE WHEN TG_OP = 'INSERT' THEN NEW.booked_by_id END;
    IF NOT held THEN
        RETURN NEW;
    END IF;
    EXECUTE format('WITH near AS (SELECT busy_from, busy_until FROM %1$I.%2$I
                                   WHERE provider_id = $1 AND id <> $2 AND status = ANY ($3)
                                     AND busy_from < $5 AND busy_until > $4
                                  UNION ALL
                                  SELECT busy_from, busy_until FROM %1$I.%3$I
                                   WHERE provider_id = $1 AND expires_at > clock_timestamp()
                                     AND busy_from < $5 AND busy_until > $4
                                     AND ''user:'' || by_id <> coalesce(current_setting(''hpms.actor'', true), '''')
                                     AND ($6 IS NULL OR by_id <> $6))
                    SELECT coalesce(max((SELECT count(*) FROM near b
                                          WHERE b.busy_from <= greatest(a.busy_from, $4)
                                            AND b.busy_until > greatest(a.busy_from, $4))), 0) FROM near a',
                   TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0])
        INTO busiest USING NEW.provider_id, NEW.id, active, NEW.busy_from, NEW.busy_until,
                           CASE WHEN TG_OP = 'INSERT' THEN NEW.booked_by_id END;
    IF busiest >= NEW.capacity THEN
        RAISE EXCEPTION 'appointment %: somebody else is booking that time', NEW.number
            USING ERRCODE = '23P01', CONSTRAINT = 'appointment_held', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER appointment_held BEFORE INSERT OR UPDATE ON scheduling_appointment FOR EACH ROW
    EXECUTE FUNCTION scheduling_appointment_held('scheduling_hold')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER appointment_held
-- ;;
-- The same for rooms and equipment: fires after resource_guard.
CREATE FUNCTION scheduling_resource_held() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    held boolean;
BEGIN
    IF NEW.is_override OR NOT NEW.is_active THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.is_active
       AND (OLD.resource_id, OLD.busy_from, OLD.busy_until) = (NEW.resource_id, NEW.busy_from, NEW.busy_until) THEN
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE $1 = ANY (resources) AND expires_at > clock_timestamp()
                                      AND busy_from < $3 AND busy_until > $2
                                      AND ''user:'' || by_id <> coalesce(current_setting(''hpms.actor'', true), ''''))',
                   TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO held USING NEW.resource_id, NEW.busy_from, NEW.busy_until;
    IF held THEN
        RAISE EXCEPTION 'somebody else is booking resource % at that time', NEW.resource_id
            USING ERRCODE = '23P01', CONSTRAINT = 'resource_held', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER resource_held BEFORE INSERT OR UPDATE ON scheduling_resourceuse FOR EACH ROW
    EXECUTE FUNCTION scheduling_resource_held('scheduling_hold')
-- ;;
ALTER TABLE scheduling_resourceuse ENABLE ALWAYS TRIGGER resource_held
