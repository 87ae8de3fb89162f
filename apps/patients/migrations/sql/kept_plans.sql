-- What is asked for each row about a patient, as merging.sql says it.
-- Statements are split at lines of "-- ;;". The function stands in a clinic's schema and looks nowhere else, whatever the
-- session's path is by then (core/sql.py, pinned): so it may name tables outright, and its plans are kept.

CREATE OR REPLACE FUNCTION patients_refuse_merged() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE survivor uuid; owner_ uuid;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.patient_id IS NOT DISTINCT FROM OLD.patient_id THEN RETURN NEW; END IF;
    END IF;
    SELECT merged_into_id INTO survivor FROM patients_patient WHERE id = NEW.patient_id FOR KEY SHARE;
    IF survivor IS NULL THEN RETURN NEW; END IF;
    IF TG_NARGS > 1 THEN
        EXECUTE format('SELECT patient_id FROM %I WHERE id = $1', TG_ARGV[1]) INTO owner_ USING (to_jsonb(NEW) ->> TG_ARGV[2])::uuid;
        IF owner_ = NEW.patient_id THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'patient % was merged into %: what is new belongs there', NEW.patient_id, survivor USING ERRCODE = 'restrict_violation';
END $$
