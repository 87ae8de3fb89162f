DROP TRIGGER void_added ON billing_invoicevoid
-- ;;
DROP FUNCTION billing_void_added()
-- ;;
DROP TRIGGER refund_added ON billing_refund
-- ;;
DROP FUNCTION billing_refund_added()
-- ;;
DROP TRIGGER allocation_added ON billing_paymentallocation
-- ;;
DROP FUNCTION billing_allocation_added()
-- ;;
DROP TRIGGER payment_stays_whole ON billing_payment
-- ;;
DROP TRIGGER payment_stays ON billing_payment
-- ;;
DROP TRIGGER payment_guard ON billing_payment
-- ;;
DROP FUNCTION billing_payment_guard()
-- ;;
DROP TRIGGER lines_stay_whole ON billing_invoiceline
-- ;;
DROP TRIGGER line_changed ON billing_invoiceline
-- ;;
DROP FUNCTION billing_line_changed()
-- ;;
DROP TRIGGER invoice_stays_whole ON billing_invoice
-- ;;
DROP TRIGGER invoice_stays ON billing_invoice
-- ;;
DROP TRIGGER invoice_guard ON billing_invoice
-- ;;
DROP FUNCTION billing_invoice_guard()
-- ;;
DROP FUNCTION billing_never()
-- ;;
ALTER TABLE billing_invoiceline DROP CONSTRAINT line_worked_out_rightly
