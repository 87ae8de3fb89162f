-- What was sent stays written, and goes out once: for any writer.
CREATE FUNCTION scheduling_reminder_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'reminder %: reminders are withdrawn, never deleted', OLD.id
            USING ERRCODE = '42501', CONSTRAINT = 'reminder_stays', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    IF OLD.status = 'sent' THEN
        RAISE EXCEPTION 'reminder %: it was sent', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'reminder_stays', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER reminder_stays BEFORE UPDATE OR DELETE ON scheduling_reminder FOR EACH ROW
    EXECUTE FUNCTION scheduling_reminder_stays()
-- ;;
ALTER TABLE scheduling_reminder ENABLE ALWAYS TRIGGER reminder_stays
-- ;;
-- Whatever takes an appointment out of the plan withdraws what would remind of it. Argument: the table of reminders.
CREATE FUNCTION scheduling_reminders_withdrawn() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.status <> 'scheduled' AND OLD.status = 'scheduled' THEN
        EXECUTE format('UPDATE %I.%I SET status = ''withdrawn'', settled_at = now()
                         WHERE appointment_id = $1 AND status = ''open''', TG_TABLE_SCHEMA, TG_ARGV[0]) USING NEW.id;
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER reminders_withdrawn AFTER UPDATE OF status ON scheduling_appointment FOR EACH ROW
    EXECUTE FUNCTION scheduling_reminders_withdrawn('scheduling_reminder')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER reminders_withdrawn
