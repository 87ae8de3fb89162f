-- An appointment follows up or replaces one of the same person, who may have several records that were merged.
-- Argument: the table of patients.
ALTER TABLE scheduling_appointment DROP CONSTRAINT appointment_follow_up_of_patient
-- ;;
ALTER TABLE scheduling_appointment DROP CONSTRAINT appointment_reschedule_of_patient
-- ;;
CREATE FUNCTION scheduling_appointment_links() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    earlier uuid;
    of_whom uuid;
    persons int;
    referred boolean;
BEGIN
    FOREACH earlier IN ARRAY ARRAY[NEW.follow_up_for_id, NEW.reschedule_of_id] LOOP
        CONTINUE WHEN earlier IS NULL;
        EXECUTE format('SELECT patient_id FROM %I.%I WHERE id = $1 FOR KEY SHARE', TG_TABLE_SCHEMA, TG_TABLE_NAME)
            INTO of_whom USING earlier;
        CONTINUE WHEN of_whom IS NULL OR of_whom = NEW.patient_id;
        -- Held, so that nobody takes the two records apart at this moment.
        EXECUTE format('SELECT count(DISTINCT coalesce(merged_into_id, id)) FROM
                          (SELECT id, merged_into_id FROM %I.%I WHERE id IN ($1, $2) ORDER BY id FOR KEY SHARE) records',
                       TG_TABLE_SCHEMA, TG_ARGV[0]) INTO persons USING of_whom, NEW.patient_id;
        IF persons > 1 THEN
            RAISE EXCEPTION 'appointment %: what it follows or replaces is not of patient %', NEW.number, NEW.patient_id
                USING ERRCODE = '23514', CONSTRAINT = 'appointment_links', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
    END LOOP;
    IF TG_OP = 'UPDATE' AND NEW.patient_id <> OLD.patient_id THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE follow_up_for_id = $1 OR reschedule_of_id = $1)',
                       TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO referred USING NEW.id;
        IF referred THEN
            RAISE EXCEPTION 'appointment %: others refer to it, so that it stays of patient %', NEW.number, OLD.patient_id
                USING ERRCODE = '23514', CONSTRAINT = 'appointment_links', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER appointment_links BEFORE INSERT OR UPDATE OF patient_id, follow_up_for_id, reschedule_of_id
    ON scheduling_appointment FOR EACH ROW EXECUTE FUNCTION scheduling_appointment_links('patients_patient')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER appointment_links
-- ;;
-- At COMMIT: records are not taken apart while visits on them refer to each other. Arguments: patients, appointments.
CREATE FUNCTION scheduling_links_hold_together() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    torn text;
BEGIN
    EXECUTE format('SELECT a.number FROM %1$I.%2$I a JOIN %1$I.%2$I b ON b.id IN (a.follow_up_for_id, a.reschedule_of_id)
                      JOIN %1$I.%3$I pa ON pa.id = a.patient_id JOIN %1$I.%3$I pb ON pb.id = b.patient_id
                     WHERE (a.patient_id = $1 OR b.patient_id = $1) AND a.patient_id <> b.patient_id
                       AND coalesce(pa.merged_into_id, pa.id) <> coalesce(pb.merged_into_id, pb.id) LIMIT 1',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[0]) INTO torn USING NEW.id;
    IF torn IS NOT NULL THEN
        RAISE EXCEPTION 'patient %: appointment % refers to one of the other record', NEW.id, torn
            USING ERRCODE = '23514', CONSTRAINT = 'links_hold_together', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER links_hold_together AFTER UPDATE OF merged_into_id ON patients_patient DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)
    EXECUTE FUNCTION scheduling_links_hold_together('patients_patient', 'scheduling_appointment')
-- ;;
ALTER TABLE patients_patient ENABLE ALWAYS TRIGGER links_hold_together
