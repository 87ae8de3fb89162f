-- Documents are never deleted and what was filed never changes, for any writer. Arguments: the tables named below.
-- A sealed value may be sealed anew when the clinic's key is replaced: bytes 2 and 3 name its key, and only rise.
-- Arguments: columns that may change, comma separated; sealed columns, which may be sealed anew.
CREATE FUNCTION patients_keep_written() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    free text[] := string_to_array(TG_ARGV[0], ',');
    sealed text;
    was text;
    becomes text;
BEGIN
    FOREACH sealed IN ARRAY string_to_array(TG_ARGV[1], ',') LOOP
        was := to_jsonb(OLD) ->> sealed;  -- as \x and hexadecimal figures
        becomes := to_jsonb(NEW) ->> sealed;
        IF was IS DISTINCT FROM becomes
           AND NOT (length(was) > 8 AND length(becomes) > 8 AND substr(becomes, 5, 4) COLLATE "C" > substr(was, 5, 4)) THEN
            RAISE EXCEPTION '%.%: % never changes', TG_TABLE_SCHEMA, TG_TABLE_NAME, sealed
                USING ERRCODE = '23514', CONSTRAINT = 'keep_written', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        free := free || sealed;
    END LOOP;
    IF (to_jsonb(NEW) - free) IS DISTINCT FROM (to_jsonb(OLD) - free) THEN
        RAISE EXCEPTION '%.%: what was written never changes', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = 'keep_written', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER document_keeps BEFORE UPDATE ON patients_document FOR EACH ROW EXECUTE FUNCTION
    patients_keep_written('title,category,tags,tag_tokens,dated_on,status,status_reason,status_at,status_by_id', '')
-- ;;
CREATE TRIGGER document_stays BEFORE DELETE ON patients_document FOR EACH ROW EXECUTE FUNCTION patients_never()
-- ;;
CREATE TRIGGER document_stays_whole BEFORE TRUNCATE ON patients_document FOR EACH STATEMENT EXECUTE FUNCTION patients_never()
-- ;;
ALTER TABLE patients_document ENABLE ALWAYS TRIGGER document_keeps, ENABLE ALWAYS TRIGGER document_stays,
    ENABLE ALWAYS TRIGGER document_stays_whole,
    ADD CONSTRAINT document_title CHECK (octet_length(title) > 0),
    ADD CONSTRAINT document_error_for_a_reason CHECK (status <> 'entered-in-error' OR octet_length(status_reason) > 0)
-- ;;
-- Versions are numbered without gaps, belong to their document's patient, and infected ones stay so.
-- Argument: the table of documents.
CREATE FUNCTION patients_document_version_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    owner uuid;
    newest int;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.scan = 'infected' AND NEW.scan <> 'infected' THEN
            RAISE EXCEPTION 'an infected file stays infected'
                USING ERRCODE = '23514', CONSTRAINT = 'document_version_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT patient_id FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO owner USING NEW.document_id;
    EXECUTE format('SELECT coalesce(max(n), 0) FROM %I.%I WHERE document_id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
        INTO newest USING NEW.document_id;
    IF owner IS DISTINCT FROM NEW.patient_id OR NEW.n <> newest + 1 THEN
        RAISE EXCEPTION 'version % of a document of another patient, or out of turn', NEW.n
            USING ERRCODE = '23514', CONSTRAINT = 'document_version_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER document_version_guard BEFORE INSERT OR UPDATE ON patients_documentversion FOR EACH ROW
    EXECUTE FUNCTION patients_document_version_guard('patients_document')
-- ;;
CREATE TRIGGER document_version_keeps BEFORE UPDATE ON patients_documentversion FOR EACH ROW
    EXECUTE FUNCTION patients_keep_written('scan,scanned_at,scan_found', 'file_name,sha256,wrapped')
-- ;;
CREATE TRIGGER document_version_stays BEFORE DELETE ON patients_documentversion FOR EACH ROW EXECUTE FUNCTION patients_never()
-- ;;
CREATE TRIGGER document_version_stays_whole BEFORE TRUNCATE ON patients_documentversion
    FOR EACH STATEMENT EXECUTE FUNCTION patients_never()
-- ;;
ALTER TABLE patients_documentversion ENABLE ALWAYS TRIGGER document_version_guard,
    ENABLE ALWAYS TRIGGER document_version_keeps, ENABLE ALWAYS TRIGGER document_version_stays,
    ENABLE ALWAYS TRIGGER document_version_stays_whole,
    ADD CONSTRAINT document_version_sealed CHECK (octet_length(wrapped) > 0 AND octet_length(digest_hash) = 32)
-- ;;
-- A link is revoked once and for ever; what it has given out is only counted up.
CREATE FUNCTION patients_document_share_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.downloads < OLD.downloads OR NEW.wrong_pins < OLD.wrong_pins
       OR (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_by_id) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by_id)) THEN
        RAISE EXCEPTION 'a link that was used or revoked stays so'
            USING ERRCODE = '23514', CONSTRAINT = 'document_share_guard', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER document_share_guard BEFORE UPDATE ON patients_documentshare FOR EACH ROW
    EXECUTE FUNCTION patients_document_share_guard()
-- ;;
CREATE TRIGGER document_share_keeps BEFORE UPDATE ON patients_documentshare FOR EACH ROW
    EXECUTE FUNCTION patients_keep_written('downloads,wrong_pins,revoked_at,revoked_by_id', 'recipient')
-- ;;
CREATE TRIGGER document_share_stays BEFORE DELETE ON patients_documentshare FOR EACH ROW EXECUTE FUNCTION patients_never()
-- ;;
ALTER TABLE patients_documentshare ENABLE ALWAYS TRIGGER document_share_guard, ENABLE ALWAYS TRIGGER document_share_keeps,
    ENABLE ALWAYS TRIGGER document_share_stays,
    ADD CONSTRAINT document_share_secrets CHECK (octet_length(token_hash) = 32 AND octet_length(pin_hash) IN (0, 32))
