-- Tokens and their moves, for any writer.
CREATE FUNCTION scheduling_queue_ticket_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'queue ticket %-%: tokens are never deleted', OLD.prefix, OLD.number
            USING ERRCODE = '42501', CONSTRAINT = 'queue_ticket_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'waiting' THEN
            RAISE EXCEPTION 'queue ticket %-%: nobody begins as %', NEW.prefix, NEW.number, NEW.status
                USING ERRCODE = '23514', CONSTRAINT = 'queue_ticket_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.appointment_id, OLD.day, OLD.prefix, OLD.number, OLD.issued_at)
       IS DISTINCT FROM (NEW.appointment_id, NEW.day, NEW.prefix, NEW.number, NEW.issued_at) THEN
        RAISE EXCEPTION 'queue ticket %-%: a token stays what it was when it was given out', OLD.prefix, OLD.number
            USING ERRCODE = '23514', CONSTRAINT = 'queue_ticket_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    IF NEW.status = OLD.status OR (OLD.status, NEW.status) IN (
        ('waiting', 'called'), ('waiting', 'skipped'), ('waiting', 'with_provider'), ('waiting', 'left'),
        ('called', 'waiting'), ('called', 'skipped'), ('called', 'with_provider'), ('called', 'left'),
        ('skipped', 'waiting'), ('skipped', 'called'), ('skipped', 'with_provider'), ('skipped', 'left'),
        ('with_provider', 'done'), ('with_provider', 'waiting'), ('with_provider', 'called'), ('left', 'waiting')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'queue ticket %-%: no way from % to %', OLD.prefix, OLD.number, OLD.status, NEW.status
        USING ERRCODE = '23514', CONSTRAINT = 'queue_ticket_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END $$
-- ;;
CREATE TRIGGER queue_ticket_moves BEFORE INSERT OR UPDATE OR DELETE ON scheduling_queueticket FOR EACH ROW
    EXECUTE FUNCTION scheduling_queue_ticket_moves()
-- ;;
ALTER TABLE scheduling_queueticket ENABLE ALWAYS TRIGGER queue_ticket_moves
-- ;;
-- At COMMIT: whoever waits has arrived, whoever is with the provider is in session, and nobody who is here is lost from
-- the queue. Arguments: tables of appointments and tickets, column of the appointment's id.
CREATE FUNCTION scheduling_queue_agrees() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    visit uuid := (to_jsonb(NEW) ->> TG_ARGV[2])::uuid;
    standing text;
    tickets text[];
    wanted text[];
BEGIN
    EXECUTE format('SELECT status FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0]) INTO standing USING visit;
    EXECUTE format('SELECT array_agg(status::text) FROM %I.%I WHERE appointment_id = $1', TG_TABLE_SCHEMA, TG_ARGV[1])
        INTO tickets USING visit;
    IF tickets IS NULL THEN
        RETURN NULL;  -- it arrived before there were tokens
    END IF;
    wanted := CASE standing
        WHEN 'arrived' THEN ARRAY['waiting', 'called', 'skipped']
        WHEN 'in_session' THEN ARRAY['with_provider']
        WHEN 'completed' THEN ARRAY['done'] END;
    IF (wanted IS NOT NULL AND NOT tickets && wanted)
       OR tickets && array(SELECT unnest(ARRAY['waiting', 'called', 'skipped', 'with_provider']) EXCEPT SELECT unnest(wanted)) THEN
        RAISE EXCEPTION 'appointment % is %, its queue ticket is not: %', visit, standing, tickets
            USING ERRCODE = '23514', CONSTRAINT = 'queue_agrees', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER queue_agrees AFTER INSERT OR UPDATE ON scheduling_queueticket DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION scheduling_queue_agrees('scheduling_appointment', 'scheduling_queueticket', 'appointment_id')
-- ;;
ALTER TABLE scheduling_queueticket ENABLE ALWAYS TRIGGER queue_agrees
-- ;;
CREATE CONSTRAINT TRIGGER queue_agrees AFTER UPDATE OF status ON scheduling_appointment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION scheduling_queue_agrees('scheduling_appointment', 'scheduling_queueticket', 'id')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER queue_agrees
-- ;;
-- One after the other, from 1: no token of a day is left out.
CREATE FUNCTION scheduling_token_counter() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last = 1
       OR TG_OP = 'UPDATE' AND (OLD.day, OLD.prefix, OLD.last + 1) = (NEW.day, NEW.prefix, NEW.last) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'tokens are counted one by one, each day from 1'
        USING ERRCODE = '23514', CONSTRAINT = 'token_counter', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END $$
-- ;;
CREATE TRIGGER token_counter BEFORE INSERT OR UPDATE OR DELETE ON scheduling_tokencounter FOR EACH ROW
    EXECUTE FUNCTION scheduling_token_counter()
-- ;;
ALTER TABLE scheduling_tokencounter ENABLE ALWAYS TRIGGER token_counter
