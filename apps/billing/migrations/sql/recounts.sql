-- A drawer is counted again until its session is locked: each count is kept, the last one stands.
-- Tables are named by TG_ARGV in the schema of the table that fired.

CREATE OR REPLACE FUNCTION billing_drawer_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    closing text[] := '{counted_at,counted_by_id,handed_to_id,locked_at,locked_by_id}';
    computed text[] := '{status}';
    missing int;
    turns int;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.counted_at IS NOT NULL OR NEW.locked_at IS NOT NULL THEN
            RAISE EXCEPTION 'a drawer session begins open' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.opening_float <> (SELECT coalesce(sum(CASE key WHEN 'loose' THEN value::numeric ELSE key::numeric * value::numeric END), 0) FROM jsonb_each_text(NEW.opening_pieces)) THEN
            RAISE EXCEPTION 'the float is what its notes and coins come to' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - computed = to_jsonb(OLD) - computed THEN RETURN NEW; END IF;
    IF OLD.locked_at IS NOT NULL THEN
        RAISE EXCEPTION 'drawer session % is locked and never changes', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (to_jsonb(NEW) - closing - computed) IS DISTINCT FROM (to_jsonb(OLD) - closing - computed)
       OR (OLD.counted_at IS NOT NULL AND (NEW.counted_at, NEW.counted_by_id) IS DISTINCT FROM (OLD.counted_at, OLD.counted_by_id)) THEN
        RAISE EXCEPTION 'drawer session % is opened, counted and locked once', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('SELECT 4 - count(*), count(DISTINCT turn) FROM %I.%I WHERE session_id = $1 AND stands', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO missing, turns USING NEW.id;
    IF NEW.counted_at IS NOT NULL AND (missing > 0 OR turns > 1) THEN
        RAISE EXCEPTION 'drawer session % is not counted by every method', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.locked_at IS NOT NULL THEN
        EXECUTE format('SELECT count(*) FROM %I.%I WHERE session_id = $1 AND stands AND variance <> 0 AND reason = ''''::bytea', TG_TABLE_SCHEMA, TG_ARGV[0])
            INTO missing USING NEW.id;
        IF missing > 0 THEN
            RAISE EXCEPTION 'a variance of drawer session % has no reason', OLD.number USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$
-- ;;
-- What should be there is worked out here from the facts, and so is which turn it is, whatever the caller sent. Only why
-- it differs is written later, and of a count that another took the place of not even that.
CREATE OR REPLACE FUNCTION billing_drawer_counted() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    home record;
    later text[] := CASE WHEN pg_trigger_depth() > 1 THEN '{stands,variance}' ELSE '{reason,variance}' END;
BEGIN
    EXECUTE format('SELECT number, opening_float, counted_at, handed_to_id, locked_at FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO home USING NEW.session_id;
    IF TG_OP = 'UPDATE' THEN
        IF home.locked_at IS NOT NULL OR NOT OLD.stands OR (to_jsonb(NEW) - later) IS DISTINCT FROM (to_jsonb(OLD) - later) THEN
            RAISE EXCEPTION 'what was counted in drawer session % stays', home.number USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF home.locked_at IS NOT NULL THEN
        RAISE EXCEPTION 'drawer session % is locked and never changes', home.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF home.handed_to_id IS NOT NULL THEN
        RAISE EXCEPTION 'drawer session % is offered to somebody with what was counted', home.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.method = 'cash' AND NEW.counted <> (SELECT coalesce(sum(CASE key WHEN 'loose' THEN value::numeric ELSE key::numeric * value::numeric END), 0) FROM jsonb_each_text(NEW.pieces)) THEN
        RAISE EXCEPTION 'the cash is what its notes and coins come to' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.turn := 1;
    NEW.stands := true;
    IF home.counted_at IS NOT NULL THEN
        EXECUTE format('SELECT 1 + coalesce(max(turn), 0) FROM %I.%I WHERE session_id = $1 AND method = $2', TG_TABLE_SCHEMA, TG_ARGV[4])
            INTO NEW.turn USING NEW.session_id, NEW.method;
        EXECUTE format('UPDATE %I.%I SET stands = false WHERE session_id = $1 AND method = $2 AND stands', TG_TABLE_SCHEMA, TG_ARGV[4])
            USING NEW.session_id, NEW.method;
    END IF;
    EXECUTE format('SELECT CASE WHEN $2 = ''cash'' THEN $3 + (SELECT coalesce(sum("into"), 0) FROM %1$I.%4$I WHERE session_id = $1) ELSE 0 END
                         + (SELECT coalesce(sum(amount), 0) FROM %1$I.%2$I WHERE drawer_session_id = $1 AND method = $2)
                         - (SELECT coalesce(sum(amount), 0) FROM %1$I.%3$I WHERE drawer_session_id = $1 AND method = $2)',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]) INTO NEW.expected USING NEW.session_id, NEW.method, home.opening_float;
    RETURN NEW;
END $$
-- ;;
DROP TRIGGER drawer_counted ON billing_drawercount
-- ;;
CREATE TRIGGER drawer_counted BEFORE INSERT OR UPDATE ON billing_drawercount
    FOR EACH ROW EXECUTE FUNCTION billing_drawer_counted('billing_drawersession', 'billing_payment', 'billing_refund', 'billing_drawermovement', 'billing_drawercount')
-- ;;
ALTER TABLE billing_drawercount ENABLE ALWAYS TRIGGER drawer_counted
