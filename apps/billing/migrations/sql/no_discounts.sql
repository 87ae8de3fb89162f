ALTER TABLE billing_invoiceline DROP CONSTRAINT line_discount_of_its_invoice, DROP CONSTRAINT line_discount_was_given
-- ;;
ALTER TABLE billing_discount DROP CONSTRAINT discount_of_its_invoice, DROP CONSTRAINT discount_for_a_reason
