-- A room or piece of equipment that is offered with a time is kept too. Fires after resource_guard, which has locked the
-- resource; who overrides may. Argument: the table of offers.
CREATE FUNCTION scheduling_resource_offered() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    offered boolean;
BEGIN
    IF NEW.is_override OR NOT NEW.is_active OR (TG_OP = 'UPDATE' AND OLD.is_active
       AND (OLD.resource_id, OLD.busy_from, OLD.busy_until) = (NEW.resource_id, NEW.busy_from, NEW.busy_until)) THEN
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE $1 = ANY (resources) AND status = ''open''
                                      AND expires_at > clock_timestamp() AND busy_from < $3 AND busy_until > $2)',
                   TG_TABLE_SCHEMA, TG_ARGV[0]) INTO offered USING NEW.resource_id, NEW.busy_from, NEW.busy_until;
    IF offered THEN
        RAISE EXCEPTION 'resource % is offered to somebody who waits', NEW.resource_id
            USING ERRCODE = '23P01', CONSTRAINT = 'resource_offered', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER resource_offered BEFORE INSERT OR UPDATE ON scheduling_resourceuse FOR EACH ROW
    EXECUTE FUNCTION scheduling_resource_offered('scheduling_waitlistoffer')
-- ;;
ALTER TABLE scheduling_resourceuse ENABLE ALWAYS TRIGGER resource_offered
-- ;;
-- And nothing is offered that is taken, or offered to somebody else. Arguments: resources, their uses.
CREATE FUNCTION scheduling_offer_rooms() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    taken boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.resources <> NEW.resources THEN
            RAISE EXCEPTION 'offer %: other rooms are another offer', OLD.id
                USING ERRCODE = '23514', CONSTRAINT = 'offer_rooms', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT count(*) > 0 FROM (SELECT id FROM %I.%I WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE) locked',
                   TG_TABLE_SCHEMA, TG_ARGV[0]) INTO taken USING NEW.resources;
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I.%2$I WHERE resource_id = ANY ($1) AND is_active
                                      AND busy_from < $3 AND busy_until > $2)
                        OR EXISTS (SELECT FROM %1$I.%3$I WHERE resources && $1 AND status = ''open''
                                      AND expires_at > clock_timestamp() AND busy_from < $3 AND busy_until > $2)',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_TABLE_NAME)
        INTO taken USING NEW.resources, NEW.busy_from, NEW.busy_until;
    IF taken THEN
        RAISE EXCEPTION 'offer %: a room of it is taken', NEW.id
            USING ERRCODE = '23P01', CONSTRAINT = 'offer_rooms', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER offer_rooms BEFORE INSERT OR UPDATE ON scheduling_waitlistoffer FOR EACH ROW
    EXECUTE FUNCTION scheduling_offer_rooms('scheduling_resource', 'scheduling_resourceuse')
-- ;;
ALTER TABLE scheduling_waitlistoffer ENABLE ALWAYS TRIGGER offer_rooms
