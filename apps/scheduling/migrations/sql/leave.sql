-- A leave request is answered once and keeps what was asked for, for any writer.
CREATE FUNCTION scheduling_leave_request_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'leave requests are withdrawn, never deleted'
            USING ERRCODE = '42501', CONSTRAINT = 'leave_request_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'requested' THEN
            RAISE EXCEPTION 'no leave request begins as %', NEW.status
                USING ERRCODE = '23514', CONSTRAINT = 'leave_request_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - '{status,time_off_id}'::text[]) IS DISTINCT FROM (to_jsonb(OLD) - '{status,time_off_id}'::text[])
       OR (OLD.time_off_id IS NOT NULL AND NEW.time_off_id IS DISTINCT FROM OLD.time_off_id)
       OR (NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
            ('requested', 'approved'), ('requested', 'declined'), ('requested', 'withdrawn'), ('approved', 'withdrawn'))) THEN
        RAISE EXCEPTION 'leave request: no way from % to %, and what was asked for stays', OLD.status, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'leave_request_moves', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER leave_request_moves BEFORE INSERT OR UPDATE OR DELETE ON scheduling_leaverequest FOR EACH ROW
    EXECUTE FUNCTION scheduling_leave_request_moves()
-- ;;
ALTER TABLE scheduling_leaverequest ENABLE ALWAYS TRIGGER leave_request_moves
