DROP TRIGGER list_of_a_draft ON billing_invoicepricelist
-- ;;
DROP FUNCTION billing_list_of_a_draft()
-- ;;
DROP TRIGGER not_for_merged ON billing_patientpricelist
-- ;;
ALTER TABLE billing_price DROP CONSTRAINT one_price_a_day
