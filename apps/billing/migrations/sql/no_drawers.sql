DROP TRIGGER into_open_drawer ON billing_drawermovement
-- ;;
DROP TRIGGER into_open_drawer ON billing_refund
-- ;;
DROP TRIGGER into_open_drawer ON billing_payment
-- ;;
DROP FUNCTION billing_into_open_drawer()
-- ;;
DROP TRIGGER drawer_count_stays_whole ON billing_drawercount
-- ;;
DROP TRIGGER drawer_count_stays ON billing_drawercount
-- ;;
DROP TRIGGER drawer_counted ON billing_drawercount
-- ;;
DROP FUNCTION billing_drawer_counted()
-- ;;
DROP TRIGGER drawer_session_stays_whole ON billing_drawersession
-- ;;
DROP TRIGGER drawer_session_stays ON billing_drawersession
-- ;;
DROP TRIGGER drawer_guard ON billing_drawersession
-- ;;
DROP FUNCTION billing_drawer_guard()
-- ;;
CREATE OR REPLACE FUNCTION billing_payment_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    figures text[] := '{applied,refunded}';
    computed text[] := '{unapplied,status}';
    outcome text[] := '{number,received_on,captured_at,failed_at,failure,reference}';
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
