DROP TRIGGER taxes_of_line_add_up ON billing_invoicelinetax
-- ;;
DROP TRIGGER line_has_its_taxes ON billing_invoiceline
-- ;;
DROP FUNCTION billing_taxes_add_up()
-- ;;
DROP TRIGGER line_taxes_stay_whole ON billing_invoicelinetax
-- ;;
DROP TRIGGER line_tax_guard ON billing_invoicelinetax
-- ;;
DROP FUNCTION billing_line_tax_guard()
-- ;;
ALTER TABLE billing_invoiceline
    DROP CONSTRAINT line_worked_out_rightly,
    ADD CONSTRAINT line_worked_out_rightly CHECK (
        gross = round(unit_price * quantity, decimals::int)
        AND tax = round(net * tax_rate / 100, decimals::int)
        AND discount = CASE WHEN discount_percent IS NULL THEN round(discount, decimals::int)
                            ELSE round(gross * discount_percent / 100, decimals::int) END)
-- ;;
ALTER TABLE billing_tax DROP CONSTRAINT one_tax_of_a_name_a_day
