-- A published text stays as it was signed: it can only be withdrawn, once. Drafts may change and go.
CREATE FUNCTION patients_consent_form_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.published_at IS NULL THEN
        IF TG_OP = 'UPDATE' AND (NEW.id, NEW.series, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.series, OLD.created_at) THEN
            RAISE EXCEPTION 'consent form %: it stays in its series', OLD.id
                USING ERRCODE = '23514', CONSTRAINT = 'consent_form_stands', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL
       OR to_jsonb(NEW) - 'withdrawn_at' - 'withdrawn_by_id' <> to_jsonb(OLD) - 'withdrawn_at' - 'withdrawn_by_id' THEN
        RAISE EXCEPTION 'consent form %: a published text does not change', OLD.id
            USING ERRCODE = '42501', CONSTRAINT = 'consent_form_stands', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER consent_form_stands BEFORE UPDATE OR DELETE ON patients_consentform
    FOR EACH ROW EXECUTE FUNCTION patients_consent_form_stands()
-- ;;
CREATE TRIGGER consent_form_whole BEFORE TRUNCATE ON patients_consentform
    FOR EACH STATEMENT EXECUTE FUNCTION patients_never()
-- ;;
ALTER TABLE patients_consentform ENABLE ALWAYS TRIGGER consent_form_stands, ENABLE ALWAYS TRIGGER consent_form_whole
-- ;;
ALTER TABLE patients_consentform ADD CONSTRAINT consent_form_sha256
    CHECK (sha256 = encode(sha256(convert_to(title || E'\n\n' || body, 'UTF8')), 'hex'))
-- ;;
-- Only what is published and not withdrawn is signed, and what is signed is that text. Argument: the table of forms.
CREATE FUNCTION patients_consent_is_to_a_text() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    text_ text;
    published timestamptz;
    withdrawn timestamptz;
BEGIN
    -- The row is held, so that nobody withdraws the text while it is being signed.
    EXECUTE format('SELECT sha256, published_at, withdrawn_at FROM %I.%I WHERE id = $1 FOR SHARE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO text_, published, withdrawn USING NEW.form_id;
    IF published IS NULL OR withdrawn IS NOT NULL OR published > NEW.at OR text_ <> NEW.text_sha256 THEN
        RAISE EXCEPTION 'consent %: this text cannot be signed', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'consent_is_to_a_text', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER consent_is_to_a_text BEFORE INSERT ON patients_patientconsent
    FOR EACH ROW EXECUTE FUNCTION patients_consent_is_to_a_text('patients_consentform')
-- ;;
ALTER TABLE patients_patientconsent ENABLE ALWAYS TRIGGER consent_is_to_a_text,
    ADD CONSTRAINT consent_signature CHECK (octet_length(signature) > 0 AND octet_length(signer_name) > 0)
-- ;;
-- Only an agreement is taken back, and not before it was given. Argument: the table of consents.
CREATE FUNCTION patients_revocation_of_agreement() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    agreed boolean;
BEGIN
    EXECUTE format('SELECT decision = ''agreed'' AND at <= $2 FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO agreed USING NEW.consent_id, NEW.at;
    IF agreed IS NOT TRUE THEN
        RAISE EXCEPTION 'revocation %: there is no such agreement', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'revocation_of_agreement', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER revocation_of_agreement BEFORE INSERT ON patients_consentrevocation
    FOR EACH ROW EXECUTE FUNCTION patients_revocation_of_agreement('patients_patientconsent')
-- ;;
ALTER TABLE patients_consentrevocation ENABLE ALWAYS TRIGGER revocation_of_agreement,
    ADD CONSTRAINT revocation_reason CHECK (octet_length(reason) > 0)
