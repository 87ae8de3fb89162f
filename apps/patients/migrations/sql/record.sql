-- An entry of a record is amended and ended, never deleted; each version comes with its row in the history; what was
-- struck stays as it was. A sealed value may be sealed anew with a newer key, and changes by nothing else unseen.
-- Argument: the table of changes.
CREATE FUNCTION patients_entry_is_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    said boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% %: entries of a record are never deleted', TG_TABLE_NAME, OLD.id
            USING ERRCODE = '42501', CONSTRAINT = 'entry_is_kept', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.version <> 1 OR NEW.is_struck THEN
            RAISE EXCEPTION '% %: an entry begins with its first version', TG_TABLE_NAME, NEW.id
                USING ERRCODE = '23514', CONSTRAINT = 'entry_is_kept', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN NEW;
    END IF;
    -- Three bytes at the front of a sealed value name the key: other bytes under the same key are another value.
    SELECT EXISTS (SELECT FROM jsonb_each_text(to_jsonb(NEW)) n JOIN jsonb_each_text(to_jsonb(OLD)) o USING (key)
                    WHERE n.value IS DISTINCT FROM o.value
                      AND NOT (n.value LIKE '\\x01%' AND o.value LIKE '\\x01%' AND left(n.value, 8) <> left(o.value, 8)))
      INTO said;
    IF NOT said THEN
        RETURN NEW;
    END IF;
    IF OLD.is_struck OR NEW.version <> OLD.version + 1
       OR (NEW.id, NEW.patient_id, NEW.entered_at, NEW.entered_by_id)
          IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.entered_at, OLD.entered_by_id) THEN
        RAISE EXCEPTION '% %: an entry changes by a new version only', TG_TABLE_NAME, OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'entry_is_kept', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE FUNCTION patients_entry_has_history() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    written boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE record_id = $1 AND version = $2 AND patient_id = $3
                                      AND by_id = $4 AND at = $5)', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO written USING NEW.id, NEW.version, NEW.patient_id, NEW.changed_by_id, NEW.changed_at;
    IF NOT written THEN
        RAISE EXCEPTION '% %: version % is missing in the history', TG_TABLE_NAME, NEW.id, NEW.version
            USING ERRCODE = '23514', CONSTRAINT = 'entry_has_history', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$
-- ;;
-- For whatever must not be done at all to what was written or filed.
CREATE FUNCTION patients_never() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: what was filed stays', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = '42501';
END $$
-- ;;
-- Whoever has an allergy has no "no known allergies". Arguments: the tables of allergies and of statements.
CREATE FUNCTION patients_allergies_agree() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    contradicted boolean;
BEGIN
    EXECUTE format('SELECT (SELECT answer FROM %1$I.%3$I WHERE patient_id = $1 ORDER BY id DESC LIMIT 1) = ''none_known''
                       AND EXISTS (SELECT FROM %1$I.%2$I WHERE patient_id = $1 AND status = ''active'' AND NOT is_struck)',
                   TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1])
        INTO contradicted USING NEW.patient_id;
    IF contradicted THEN
        RAISE EXCEPTION 'patient %: an active allergy and "no known allergies"', NEW.patient_id
            USING ERRCODE = '23514', CONSTRAINT = 'allergies_agree', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$
-- ;;
DO $$
DECLARE entries text;
BEGIN
    FOREACH entries IN ARRAY ARRAY['patients_allergy', 'patients_condition', 'patients_medication', 'patients_patientflag', 'patients_coverage'] LOOP
        EXECUTE format('CREATE TRIGGER entry_is_kept BEFORE INSERT OR UPDATE OR DELETE ON %I
                        FOR EACH ROW EXECUTE FUNCTION patients_entry_is_kept()', entries);
        EXECUTE format('CREATE CONSTRAINT TRIGGER entry_has_history AFTER INSERT OR UPDATE ON %I DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION patients_entry_has_history(''patients_recordchange'')', entries);
        EXECUTE format('CREATE TRIGGER entry_whole BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION patients_never()', entries);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER entry_is_kept, ENABLE ALWAYS TRIGGER entry_has_history,
                        ENABLE ALWAYS TRIGGER entry_whole', entries);
    END LOOP;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER allergies_agree AFTER INSERT OR UPDATE ON patients_allergy
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION patients_allergies_agree('patients_allergy', 'patients_allergyreview')
-- ;;
ALTER TABLE patients_allergy ENABLE ALWAYS TRIGGER allergies_agree
-- ;;
CREATE CONSTRAINT TRIGGER allergies_agree AFTER INSERT OR UPDATE ON patients_allergyreview
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION patients_allergies_agree('patients_allergy', 'patients_allergyreview')
-- ;;
ALTER TABLE patients_allergyreview ENABLE ALWAYS TRIGGER allergies_agree
-- ;;
ALTER TABLE patients_allergy ADD CONSTRAINT allergy_substance CHECK (octet_length(substance) > 0)
-- ;;
ALTER TABLE patients_condition ADD CONSTRAINT condition_name CHECK (octet_length(name) > 0),
    ADD CONSTRAINT condition_code_and_system CHECK ((octet_length(code) > 0) = (octet_length(code_system) > 0))
-- ;;
ALTER TABLE patients_medication ADD CONSTRAINT medication_name CHECK (octet_length(name) > 0)
-- ;;
ALTER TABLE patients_patientflag ADD CONSTRAINT flag_of_other_kind_says_what
    CHECK (code <> 'other' OR octet_length(text) > 0)
-- ;;
ALTER TABLE patients_coverage ADD CONSTRAINT coverage_payer
    CHECK (octet_length(payer) > 0 AND octet_length(member_number) > 0)
-- ;;
ALTER TABLE patients_recordchange ADD CONSTRAINT record_change_reason
    CHECK (action <> 'struck' OR octet_length(reason) > 0)
