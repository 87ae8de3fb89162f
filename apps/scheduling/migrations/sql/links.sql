-- An appointment follows up or replaces one of the same patient, for any writer and however the two change.
ALTER TABLE scheduling_appointment ADD CONSTRAINT appointment_follow_up_of_patient
    FOREIGN KEY (follow_up_for_id, patient_id) REFERENCES scheduling_appointment (id, patient_id)
-- ;;
ALTER TABLE scheduling_appointment ADD CONSTRAINT appointment_reschedule_of_patient
    FOREIGN KEY (reschedule_of_id, patient_id) REFERENCES scheduling_appointment (id, patient_id)
-- ;;
-- What is replaced has been called off or missed, and is not brought back while its replacement stands.
CREATE FUNCTION scheduling_appointment_replaces() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    of_old text;
    instead text;
BEGIN
    IF NEW.reschedule_of_id IS NOT NULL
       AND (TG_OP = 'INSERT' OR OLD.reschedule_of_id IS DISTINCT FROM NEW.reschedule_of_id
            OR (OLD.status IN ('cancelled', 'no_show') AND NEW.status <> OLD.status)) THEN
        EXECUTE format('SELECT status FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_TABLE_NAME)
            INTO of_old USING NEW.reschedule_of_id;
        IF of_old NOT IN ('cancelled', 'no_show') THEN
            RAISE EXCEPTION 'appointment %: what it replaces is %', NEW.number, of_old
                USING ERRCODE = '23514', CONSTRAINT = 'appointment_replaces', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status IN ('cancelled', 'no_show') AND NEW.status <> OLD.status THEN
        EXECUTE format('SELECT number FROM %I.%I WHERE reschedule_of_id = $1 AND status NOT IN (''cancelled'', ''no_show'')',
                       TG_TABLE_SCHEMA, TG_TABLE_NAME)
            INTO instead USING NEW.id;
        IF instead IS NOT NULL THEN
            RAISE EXCEPTION 'appointment %: % stands in its place', NEW.number, instead
                USING ERRCODE = '23514', CONSTRAINT = 'appointment_replaces', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER appointment_replaces BEFORE INSERT OR UPDATE ON scheduling_appointment FOR EACH ROW
    EXECUTE FUNCTION scheduling_appointment_replaces()
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER appointment_replaces
