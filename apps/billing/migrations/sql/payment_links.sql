-- A payment link is made once at its gateway; what was sent to a patient neither changes nor goes.
CREATE FUNCTION billing_link_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    made text[] := '{reference,url,made_at}';
BEGIN
    IF (to_jsonb(NEW) - made) IS DISTINCT FROM (to_jsonb(OLD) - made)
       OR (OLD.made_at IS NOT NULL AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)) THEN
        RAISE EXCEPTION 'a payment link is made once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER link_guard BEFORE UPDATE ON billing_paymentlink FOR EACH ROW EXECUTE FUNCTION billing_link_guard()
-- ;;
CREATE TRIGGER link_stays BEFORE DELETE ON billing_paymentlink FOR EACH ROW EXECUTE FUNCTION billing_never()
-- ;;
CREATE TRIGGER link_stays_whole BEFORE TRUNCATE ON billing_paymentlink FOR EACH STATEMENT EXECUTE FUNCTION billing_never()
-- ;;
ALTER TABLE billing_paymentlink ENABLE ALWAYS TRIGGER link_guard, ENABLE ALWAYS TRIGGER link_stays, ENABLE ALWAYS TRIGGER link_stays_whole
