DROP TRIGGER refund_was_given_back ON billing_refund
-- ;;
DROP TRIGGER given_back_is_booked ON billing_gatewayrefund
-- ;;
DROP FUNCTION billing_gateway_refund_is_booked()
-- ;;
DROP TRIGGER gateway_refund_moved ON billing_gatewayrefund
-- ;;
DROP FUNCTION billing_gateway_refund_moved()
-- ;;
DROP TRIGGER gateway_refund_stays_whole ON billing_gatewayrefund
-- ;;
DROP TRIGGER gateway_refund_stays ON billing_gatewayrefund
-- ;;
DROP TRIGGER gateway_refund_guard ON billing_gatewayrefund
-- ;;
DROP FUNCTION billing_gateway_refund_guard()
-- ;;
CREATE OR REPLACE FUNCTION billing_payment_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    figures text[] := '{applied,refunded}';
    computed text[] := '{unapplied,status}';
    outcome text[] := '{number,received_on,captured_at,failed_at,failure,reference,drawer_session_id}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (NEW.applied, NEW.refunded) IS DISTINCT FROM (0::numeric, 0::numeric) THEN
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
