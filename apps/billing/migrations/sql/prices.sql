-- On a list a service has one price a day; a list is given to the record in use, and chosen for drafts only.
ALTER TABLE billing_price ADD CONSTRAINT one_price_a_day EXCLUDE USING gist (
    price_list_id WITH =, service_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&)
-- ;;
CREATE TRIGGER not_for_merged BEFORE INSERT OR UPDATE OF patient_id ON billing_patientpricelist
    FOR EACH ROW EXECUTE FUNCTION patients_refuse_merged('patients_patient')
-- ;;
ALTER TABLE billing_patientpricelist ENABLE ALWAYS TRIGGER not_for_merged
-- ;;
CREATE FUNCTION billing_list_of_a_draft() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    home uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.invoice_id ELSE NEW.invoice_id END;
    invoice record;
BEGIN
    EXECUTE format('SELECT number, issued_at, voided_at FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO invoice USING home;
    IF invoice.issued_at IS NOT NULL OR invoice.voided_at IS NOT NULL OR TG_OP = 'UPDATE' AND NEW.invoice_id <> OLD.invoice_id THEN
        RAISE EXCEPTION 'invoice % is issued or void: its price list can no longer change', invoice.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$
-- ;;
CREATE TRIGGER list_of_a_draft BEFORE INSERT OR UPDATE OR DELETE ON billing_invoicepricelist
    FOR EACH ROW EXECUTE FUNCTION billing_list_of_a_draft('billing_invoice')
-- ;;
ALTER TABLE billing_invoicepricelist ENABLE ALWAYS TRIGGER list_of_a_draft
