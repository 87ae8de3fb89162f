-- Records that were merged are one person: a payment on one of them pays invoices on the other, and what is new goes to the
-- one in use. These are tables of the departments above, which exist by now.
-- Statements are split at lines of "-- ;;". Tables are named by TG_ARGV in the schema of the table that fired.

CREATE OR REPLACE FUNCTION billing_allocation_added() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    invoice record;
    payment record;
    on_invoice record;
    together numeric;
    persons int := 1;
BEGIN
    -- Rows are locked before they are summed: the sums below then see every allocation that was committed.
    EXECUTE format('SELECT patient_id, currency, decimals, net, total, issued_at, voided_at FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE',
                   TG_TABLE_SCHEMA, TG_ARGV[0]) INTO invoice USING NEW.invoice_id;
    EXECUTE format('SELECT patient_id, currency, captured_at FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE',
                   TG_TABLE_SCHEMA, TG_ARGV[1]) INTO payment USING NEW.payment_id;
    IF invoice.issued_at IS NULL OR invoice.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'money can only be on an issued invoice' USING ERRCODE = 'restrict_violation';
    END IF;
    IF payment.captured_at IS NULL THEN
        RAISE EXCEPTION 'only money that came in can be used' USING ERRCODE = 'restrict_violation';
    END IF;
    IF payment.patient_id <> invoice.patient_id THEN
        -- Two records may be one person. Held, so that nobody takes them apart at this moment.
        EXECUTE format('SELECT count(DISTINCT coalesce(merged_into_id, id)) FROM
                          (SELECT id, merged_into_id FROM %I.%I WHERE id IN ($1, $2) ORDER BY id FOR KEY SHARE) records', TG_TABLE_SCHEMA, TG_ARGV[2])
            INTO persons USING payment.patient_id, invoice.patient_id;
    END IF;
    IF persons > 1 OR payment.currency <> invoice.currency THEN
        RAISE EXCEPTION 'a payment pays invoices of its own patient and currency' USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('SELECT coalesce(sum(amount), 0) FROM %I.%I WHERE invoice_id = $1 AND payment_id = $2', TG_TABLE_SCHEMA, TG_TABLE_NAME)
        INTO together USING NEW.invoice_id, NEW.payment_id;
    IF together < 0 THEN
        RAISE EXCEPTION 'more was taken off the invoice than this payment had on it' USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('SELECT sum(amount) applied, sum(recognised) recognised, -coalesce(sum(amount) FILTER (WHERE kind = ''refund''), 0) refunded
                      FROM %I.%I WHERE invoice_id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO on_invoice USING NEW.invoice_id;
    IF on_invoice.recognised <> round(invoice.net * on_invoice.applied / nullif(invoice.total, 0), invoice.decimals::int) THEN
        RAISE EXCEPTION 'revenue is recognised pro rata to what is paid' USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('UPDATE %I.%I SET applied = $2, refunded = $3 WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0])
        USING NEW.invoice_id, on_invoice.applied, on_invoice.refunded;
    EXECUTE format('UPDATE %1$I.%2$I SET applied = (SELECT sum(amount) FROM %1$I.%3$I WHERE payment_id = $1) WHERE id = $1',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_TABLE_NAME) USING NEW.payment_id;
    RETURN NULL;
END $$
-- ;;
DROP TRIGGER allocation_added ON billing_paymentallocation
-- ;;
CREATE TRIGGER allocation_added AFTER INSERT ON billing_paymentallocation
    FOR EACH ROW EXECUTE FUNCTION billing_allocation_added('billing_invoice', 'billing_payment', 'patients_patient')
-- ;;
ALTER TABLE billing_paymentallocation ENABLE ALWAYS TRIGGER allocation_added
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient', 'scheduling_appointment', 'appointment_id')
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE billing_invoice ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
ALTER TABLE billing_payment ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON scheduling_appointment
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE scheduling_appointment ENABLE ALWAYS TRIGGER not_for_merged
