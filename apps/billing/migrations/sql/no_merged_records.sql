DROP TRIGGER not_for_merged ON billing_payment
-- ;;
DROP TRIGGER not_for_merged ON billing_invoice
