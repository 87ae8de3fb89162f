DROP TRIGGER lines_added ON billing_invoiceline
-- ;;
DROP FUNCTION billing_lines_added()
-- ;;
DROP TRIGGER line_changed ON billing_invoiceline
-- ;;
CREATE TRIGGER line_changed AFTER INSERT OR UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_line_changed('billing_invoice')
-- ;;
ALTER TABLE billing_invoiceline ENABLE ALWAYS TRIGGER line_changed
