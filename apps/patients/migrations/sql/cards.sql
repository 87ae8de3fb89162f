-- Cards are never deleted; all that changes about one is that it becomes void, once.
CREATE FUNCTION patients_card_stays_void() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.voided_at IS NOT NULL AND (NEW.voided_at, NEW.voided_by_id) IS DISTINCT FROM (OLD.voided_at, OLD.voided_by_id) THEN
        RAISE EXCEPTION 'card % is void and stays so', OLD.serial
            USING ERRCODE = '23514', CONSTRAINT = 'card_stays_void', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER card_stays_void BEFORE UPDATE ON patients_idcard FOR EACH ROW EXECUTE FUNCTION patients_card_stays_void()
-- ;;
CREATE TRIGGER card_keeps BEFORE UPDATE ON patients_idcard FOR EACH ROW
    EXECUTE FUNCTION patients_keep_written('voided_at,voided_by_id', '')
-- ;;
CREATE TRIGGER card_stays BEFORE DELETE ON patients_idcard FOR EACH ROW EXECUTE FUNCTION patients_never()
-- ;;
CREATE TRIGGER card_stays_whole BEFORE TRUNCATE ON patients_idcard FOR EACH STATEMENT EXECUTE FUNCTION patients_never()
-- ;;
ALTER TABLE patients_idcard ENABLE ALWAYS TRIGGER card_stays_void, ENABLE ALWAYS TRIGGER card_keeps,
    ENABLE ALWAYS TRIGGER card_stays, ENABLE ALWAYS TRIGGER card_stays_whole
