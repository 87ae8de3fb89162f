-- The guards look at what was committed up to now. Under REPEATABLE READ or SERIALIZABLE they would see the schedule as it
-- was when the transaction began, and let two appointments into one time on two lanes: whoever writes there is refused.
CREATE FUNCTION scheduling_as_committed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION '%: write the schedule in a READ COMMITTED transaction', TG_TABLE_NAME
            USING ERRCODE = '25000', CONSTRAINT = 'as_committed', TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER as_committed BEFORE INSERT OR UPDATE ON scheduling_appointment
    FOR EACH STATEMENT EXECUTE FUNCTION scheduling_as_committed()
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER as_committed
-- ;;
CREATE TRIGGER as_committed BEFORE INSERT OR UPDATE ON scheduling_resourceuse
    FOR EACH STATEMENT EXECUTE FUNCTION scheduling_as_committed()
-- ;;
ALTER TABLE scheduling_resourceuse ENABLE ALWAYS TRIGGER as_committed
-- ;;
CREATE TRIGGER as_committed BEFORE INSERT OR UPDATE ON scheduling_waitlistoffer
    FOR EACH STATEMENT EXECUTE FUNCTION scheduling_as_committed()
-- ;;
ALTER TABLE scheduling_waitlistoffer ENABLE ALWAYS TRIGGER as_committed
