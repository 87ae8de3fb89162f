-- Money that is to go back through a gateway: kept of its payment until the gateway has said what became of it, and
-- given back once. Tables are named by TG_ARGV in the schema of the table that fired.

CREATE OR REPLACE FUNCTION billing_payment_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    figures text[] := '{applied,refunded,going_back}';
    computed text[] := '{unapplied,status}';
    outcome text[] := '{number,received_on,captured_at,failed_at,failure,reference,drawer_session_id}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (NEW.applied, NEW.refunded, NEW.going_back) IS DISTINCT FROM (0::numeric, 0::numeric, 0::numeric) THEN
            RAISE EXCEPTION 'a payment begins unused' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF pg_trigger_depth() > 1 THEN
        IF (to_jsonb(NEW) - figures - computed) IS DISTINCT FROM (to_jsonb(OLD) - figures - computed) THEN
            RAISE EXCEPTION 'only the figures of a payment follow its facts' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - outcome - computed) IS DISTINCT FROM (to_jsonb(OLD) - outcome - computed)
       OR ((OLD.captured_at IS NOT NULL OR OLD.failed_at IS NOT NULL)
           AND to_jsonb(NEW) - computed IS DISTINCT FROM to_jsonb(OLD) - computed) THEN
        RAISE EXCEPTION 'payment % cannot be changed; refund it instead', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
-- ;;
-- What was asked stays as it was asked; it is told to the gateway once, and done or failed once and for good.
CREATE FUNCTION billing_gateway_refund_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    told text[] := '{reference,sent_at}';
    ended text[] := '{done_at,failed_at,failure,status}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.done_at IS NOT NULL OR NEW.failed_at IS NOT NULL OR NEW.sent_at IS NOT NULL THEN
            RAISE EXCEPTION 'a refund through the gateway begins as a wish' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - told - ended) IS DISTINCT FROM (to_jsonb(OLD) - told - ended)
       OR (OLD.sent_at IS NOT NULL AND (NEW.reference, NEW.sent_at) IS DISTINCT FROM (OLD.reference, OLD.sent_at))
       OR ((OLD.done_at IS NOT NULL OR OLD.failed_at IS NOT NULL) AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)) THEN
        RAISE EXCEPTION 'a refund through the gateway ends once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER gateway_refund_guard BEFORE INSERT OR UPDATE ON billing_gatewayrefund
    FOR EACH ROW EXECUTE FUNCTION billing_gateway_refund_guard()
-- ;;
CREATE TRIGGER gateway_refund_stays BEFORE DELETE ON billing_gatewayrefund FOR EACH ROW EXECUTE FUNCTION billing_never()
-- ;;
CREATE TRIGGER gateway_refund_stays_whole BEFORE TRUNCATE ON billing_gatewayrefund FOR EACH STATEMENT EXECUTE FUNCTION billing_never()
-- ;;
-- The payment is held before its wishes are summed: of two that together ask for too much, its own check refuses one.
CREATE FUNCTION billing_gateway_refund_moved() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    captured timestamptz;
BEGIN
    EXECUTE format('SELECT captured_at FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO captured USING NEW.payment_id;
    IF captured IS NULL THEN
        RAISE EXCEPTION 'only money that came in can go back' USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('UPDATE %1$I.%2$I SET going_back = (SELECT coalesce(sum(amount), 0) FROM %1$I.%3$I
                      WHERE payment_id = $1 AND done_at IS NULL AND failed_at IS NULL) WHERE id = $1',
                   TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1]) USING NEW.payment_id;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER gateway_refund_moved AFTER INSERT OR UPDATE ON billing_gatewayrefund
    FOR EACH ROW EXECUTE FUNCTION billing_gateway_refund_moved('billing_payment', 'billing_gatewayrefund')
-- ;;
-- At COMMIT: what was done has its refund, of its payment and its amount; what was not done has none.
CREATE FUNCTION billing_gateway_refund_is_booked() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    checked uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    odd int;
BEGIN
    EXECUTE format('SELECT count(*) FROM %1$I.%2$I w LEFT JOIN %1$I.%3$I r ON r.gateway_refund_id = w.id
                     WHERE w.id = $1 AND CASE WHEN w.done_at IS NULL THEN r.id IS NOT NULL
                       ELSE (w.payment_id, w.amount, ''link'') IS DISTINCT FROM (r.payment_id, r.amount, r.method) END',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2]) INTO odd USING checked;
    IF odd > 0 THEN
        RAISE EXCEPTION 'what the gateway gave back is booked once' USING ERRCODE = 'check_violation', CONSTRAINT = 'given_back_is_booked';
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER given_back_is_booked AFTER UPDATE ON billing_gatewayrefund DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_gateway_refund_is_booked('id', 'billing_gatewayrefund', 'billing_refund')
-- ;;
CREATE CONSTRAINT TRIGGER refund_was_given_back AFTER INSERT ON billing_refund DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.gateway_refund_id IS NOT NULL)
    EXECUTE FUNCTION billing_gateway_refund_is_booked('gateway_refund_id', 'billing_gatewayrefund', 'billing_refund')
-- ;;
ALTER TABLE billing_gatewayrefund ENABLE ALWAYS TRIGGER gateway_refund_guard, ENABLE ALWAYS TRIGGER gateway_refund_stays,
    ENABLE ALWAYS TRIGGER gateway_refund_stays_whole, ENABLE ALWAYS TRIGGER gateway_refund_moved,
    ENABLE ALWAYS TRIGGER given_back_is_booked
-- ;;
ALTER TABLE billing_refund ENABLE ALWAYS TRIGGER refund_was_given_back
