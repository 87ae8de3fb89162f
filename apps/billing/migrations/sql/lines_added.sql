-- Lines that come together are added up once, however many they are. Changing and taking off stays with line_changed.
-- Statements are split at lines of "-- ;;". Tables are named by TG_ARGV in the schema of the table that fired.

CREATE FUNCTION billing_lines_added() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    invoice record;
    odd boolean;
BEGIN
    FOR invoice IN EXECUTE format('SELECT id, number, decimals, issued_at, voided_at FROM %I.%I
                                    WHERE id IN (SELECT invoice_id FROM added) ORDER BY id FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
    LOOP
        IF invoice.issued_at IS NOT NULL OR invoice.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'invoice % is issued or void: its lines can no longer change', invoice.number USING ERRCODE = 'restrict_violation';
        END IF;
        SELECT count(*) > 0 INTO odd FROM added WHERE invoice_id = invoice.id AND decimals <> invoice.decimals;
        IF odd THEN
            RAISE EXCEPTION 'a line has the decimals of its invoice' USING ERRCODE = 'check_violation';
        END IF;
        EXECUTE format('UPDATE %1$I.%2$I i SET net = s.net, tax = s.tax, total = s.net + s.tax
                          FROM (SELECT sum(net) net, sum(tax) tax FROM %1$I.%3$I WHERE invoice_id = $1) s
                         WHERE i.id = $1', TG_TABLE_SCHEMA, TG_ARGV[0], TG_TABLE_NAME) USING invoice.id;
    END LOOP;
    RETURN NULL;
END $$
-- ;;
DROP TRIGGER line_changed ON billing_invoiceline
-- ;;
CREATE TRIGGER line_changed AFTER UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_line_changed('billing_invoice')
-- ;;
CREATE TRIGGER lines_added AFTER INSERT ON billing_invoiceline REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION billing_lines_added('billing_invoice')
-- ;;
ALTER TABLE billing_invoiceline ENABLE ALWAYS TRIGGER line_changed, ENABLE ALWAYS TRIGGER lines_added
