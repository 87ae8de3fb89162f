DROP TRIGGER link_stays_whole ON billing_paymentlink
-- ;;
DROP TRIGGER link_stays ON billing_paymentlink
-- ;;
DROP TRIGGER link_guard ON billing_paymentlink
-- ;;
DROP FUNCTION billing_link_guard()
