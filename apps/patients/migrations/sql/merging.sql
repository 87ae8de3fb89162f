-- Merged records: no chains and no circles, nothing new on a record that is no longer used, and never without the row
-- that says who merged them. Statements are split at lines of "-- ;;"; tables are named by TG_ARGV in the schema of the table that fired.

CREATE FUNCTION patients_merge_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE beyond uuid; found boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.merged_into_id IS NOT DISTINCT FROM OLD.merged_into_id THEN RETURN NEW; END IF;
        -- Whoever writes a row of this patient holds it FOR KEY SHARE: wait for them, and let them see what became of it.
        EXECUTE format('SELECT true FROM %I.%I WHERE id = $1 FOR UPDATE', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO found USING NEW.id;
    END IF;
    IF NEW.merged_into_id IS NULL THEN RETURN NEW; END IF;
    IF NEW.merged_into_id = NEW.id THEN
        RAISE EXCEPTION 'a record cannot be merged into itself' USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('SELECT merged_into_id FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_TABLE_NAME)
        INTO beyond USING NEW.merged_into_id;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE merged_into_id = $1)', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO found USING NEW.id;
    IF beyond IS NOT NULL OR found THEN
        RAISE EXCEPTION 'a record is merged into the one in use, and into no other' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER merge_guard BEFORE INSERT OR UPDATE OF merged_into_id ON patients_patient
    FOR EACH ROW EXECUTE FUNCTION patients_merge_guard()
-- ;;
-- At COMMIT: a record is merged exactly while a merge of it stands.
CREATE FUNCTION patients_merge_is_written() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    who uuid := to_jsonb(NEW) ->> TG_ARGV[0];
    is_merged boolean;
    standing int;
BEGIN
    IF TG_ARGV[0] = 'merge_id' THEN
        EXECUTE format('SELECT duplicate_id FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[2]) INTO who USING who;
    END IF;
    EXECUTE format('SELECT merged_into_id IS NOT NULL FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[1]) INTO is_merged USING who;
    EXECUTE format('SELECT count(*) FROM %1$I.%2$I m WHERE m.duplicate_id = $1 AND NOT EXISTS (SELECT FROM %1$I.%3$I s WHERE s.merge_id = m.id)',
                   TG_TABLE_SCHEMA, TG_ARGV[2], TG_ARGV[3]) INTO standing USING who;
    IF standing <> is_merged::int THEN
        RAISE EXCEPTION 'a record is merged exactly while one merge of it stands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER merge_is_written AFTER INSERT OR UPDATE OF merged_into_id ON patients_patient DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION patients_merge_is_written('id', 'patients_patient', 'patients_patientmerge', 'patients_patientseparation')
-- ;;
CREATE CONSTRAINT TRIGGER merge_is_written AFTER INSERT ON patients_patientmerge DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION patients_merge_is_written('duplicate_id', 'patients_patient', 'patients_patientmerge', 'patients_patientseparation')
-- ;;
CREATE CONSTRAINT TRIGGER merge_is_written AFTER INSERT ON patients_patientseparation DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION patients_merge_is_written('merge_id', 'patients_patient', 'patients_patientmerge', 'patients_patientseparation')
-- ;;
-- For the tables of other departments: TG_ARGV[0] is the table of patients. What follows from a row that stood before (the
-- invoice of a visit: TG_ARGV[1] its table, TG_ARGV[2] the column) stays with that row.
CREATE FUNCTION patients_refuse_merged() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE survivor uuid; owner_ uuid;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.patient_id IS NOT DISTINCT FROM OLD.patient_id THEN RETURN NEW; END IF;
    END IF;
    EXECUTE format('SELECT merged_into_id FROM %I.%I WHERE id = $1 FOR KEY SHARE', TG_TABLE_SCHEMA, TG_ARGV[0]) INTO survivor USING NEW.patient_id;
    IF survivor IS NULL THEN RETURN NEW; END IF;
    IF TG_NARGS > 1 THEN
        EXECUTE format('SELECT patient_id FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[1])
            INTO owner_ USING (to_jsonb(NEW) ->> TG_ARGV[2])::uuid;
        IF owner_ = NEW.patient_id THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'patient % was merged into %: what is new belongs there', NEW.patient_id, survivor USING ERRCODE = 'restrict_violation';
END $$
-- ;;
ALTER TABLE patients_patient ENABLE ALWAYS TRIGGER merge_guard, ENABLE ALWAYS TRIGGER merge_is_written
-- ;;
ALTER TABLE patients_patientmerge ENABLE ALWAYS TRIGGER merge_is_written
-- ;;
ALTER TABLE patients_patientseparation ENABLE ALWAYS TRIGGER merge_is_written
-- ;;
ALTER TABLE patients_patientmerge ADD CONSTRAINT patient_merge_for_a_reason CHECK (octet_length(reason) > 0)
-- ;;
ALTER TABLE patients_patientseparation ADD CONSTRAINT patient_separation_for_a_reason CHECK (octet_length(reason) > 0)
-- ;;
DO $$
DECLARE of_patient text;
BEGIN
    FOREACH of_patient IN ARRAY ARRAY['patients_allergy', 'patients_condition', 'patients_medication', 'patients_patientflag', 'patients_coverage',
                                     'patients_patientconsent', 'patients_document'] LOOP
        EXECUTE format('CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON %I
                        FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged(''patients_patient'')', of_patient);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER not_for_merged', of_patient);
    END LOOP;
END $$
