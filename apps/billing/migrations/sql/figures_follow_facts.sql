-- Sums, paid amounts and voids of invoices and payments follow their facts; nobody writes them, and nothing issued changes.
-- Statements are split at lines of "-- ;;". Tables are named by TG_ARGV in the schema of the table that fired.

-- Every line says what it comes to, and says it rightly: half up, in the invoice's decimals.
ALTER TABLE billing_invoiceline ADD CONSTRAINT line_worked_out_rightly CHECK (
    gross = round(unit_price * quantity, decimals::int)
    AND tax = round(net * tax_rate / 100, decimals::int)
    AND discount = CASE WHEN discount_percent IS NULL THEN round(discount, decimals::int)
                        ELSE round(gross * discount_percent / 100, decimals::int) END
)
-- ;;
CREATE FUNCTION billing_never() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: money is voided or refunded, never removed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
-- ;;
-- An invoice begins as an empty draft. Only issuing it may be written; its figures are moved by the triggers below alone.
CREATE FUNCTION billing_invoice_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    figures text[] := '{net,tax,total,applied,refunded,voided_at}';
    computed text[] := '{due,status}';
    issuing text[] := '{number,issued_on,due_on,issued_at,issued_by_id}';
    lines int;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (NEW.net, NEW.tax, NEW.total, NEW.applied, NEW.refunded) IS DISTINCT FROM (0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric)
           OR NEW.voided_at IS NOT NULL OR NEW.issued_at IS NOT NULL THEN
            RAISE EXCEPTION 'an invoice begins as an empty draft' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF pg_trigger_depth() > 1 THEN
        -- A line, an allocation or a void moved the figures.
        IF (to_jsonb(NEW) - figures - computed) IS DISTINCT FROM (to_jsonb(OLD) - figures - computed) THEN
            RAISE EXCEPTION 'only the figures of an invoice follow its facts' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - issuing - computed) IS DISTINCT FROM (to_jsonb(OLD) - issuing - computed) THEN
        RAISE EXCEPTION 'what an invoice says cannot be changed; its figures follow its lines and payments'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - computed IS DISTINCT FROM to_jsonb(OLD) - computed THEN
        IF OLD.issued_at IS NOT NULL OR OLD.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'invoice % is issued or void and can no longer change', OLD.number USING ERRCODE = 'restrict_violation';
        END IF;
        EXECUTE format('SELECT count(*) FROM %I.%I WHERE invoice_id = $1', TG_TABLE_SCHEMA, TG_ARGV[0]) INTO lines USING NEW.id;
        IF lines = 0 THEN
            RAISE EXCEPTION 'an invoice without lines cannot be issued' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER invoice_guard BEFORE INSERT OR UPDATE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_invoice_guard('billing_invoiceline')
-- ;;
CREATE TRIGGER invoice_stays BEFORE DELETE ON billing_invoice FOR EACH ROW EXECUTE FUNCTION billing_never()
-- ;;
CREATE TRIGGER invoice_stays_whole BEFORE TRUNCATE ON billing_invoice FOR EACH STATEMENT EXECUTE FUNCTION billing_never()
-- ;;
-- Lines come, change and go only while their invoice is a draft, and its sums go with them.
CREATE FUNCTION billing_line_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    home uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.invoice_id ELSE NEW.invoice_id END;
    invoice record;
BEGIN
    EXECUTE format('SELECT number, decimals, issued_at, voided_at FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0])
        INTO invoice USING home;
    IF invoice.issued_at IS NOT NULL OR invoice.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'invoice % is issued or void: its lines can no longer change', invoice.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.invoice_id <> OLD.invoice_id THEN
        RAISE EXCEPTION 'a line stays on its invoice' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.decimals <> invoice.decimals THEN
        RAISE EXCEPTION 'a line has the decimals of its invoice' USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('UPDATE %1$I.%2$I i SET net = s.net, tax = s.tax, total = s.net + s.tax
                      FROM (SELECT coalesce(sum(net), 0) net, coalesce(sum(tax), 0) tax FROM %1$I.%3$I WHERE invoice_id = $1) s
                     WHERE i.id = $1', TG_TABLE_SCHEMA, TG_ARGV[0], TG_TABLE_NAME) USING home;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER line_changed AFTER INSERT OR UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_line_changed('billing_invoice')
-- ;;
CREATE TRIGGER lines_stay_whole BEFORE TRUNCATE ON billing_invoiceline FOR EACH STATEMENT EXECUTE FUNCTION billing_never()
-- ;;
-- A payment never changes; a pending one is captured or fails, once.
CREATE FUNCTION billing_payment_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    figures text[] := '{applied,refunded}';
    computed text[] := '{unapplied,status}';
    outcome text[] := '{number,received_on,captured_at,failed_at,failure,reference}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (NEW.applied, NEW.refunded) IS DISTINCT FROM (0::numeric, 0::numeric) THEN
            RAISE EXCEPTION 'a payment begins unused' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF pg_trigger_depth() > 1 THEN
        IF (to_jsonb(NEW) - figures - computed) IS DISTINCT FROM (to_jsonb(OLD) - figures - computed) THEN
            RAISE EXCEPTION 'only the figures of a payment follow its facts' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - outcome - computed) IS DISTINCT FROM (to_jsonb(OLD) - outcome - computed)
       OR ((OLD.captured_at IS NOT NULL OR OLD.failed_at IS NOT NULL)
           AND to_jsonb(NEW) - computed IS DISTINCT FROM to_jsonb(OLD) - computed) THEN
        RAISE EXCEPTION 'payment % cannot be changed; refund it instead', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER payment_guard BEFORE INSERT OR UPDATE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_payment_guard()
-- ;;
CREATE TRIGGER payment_stays BEFORE DELETE ON billing_payment FOR EACH ROW EXECUTE FUNCTION billing_never()
-- ;;
CREATE TRIGGER payment_stays_whole BEFORE TRUNCATE ON billing_payment FOR EACH STATEMENT EXECUTE FUNCTION billing_never()
-- ;;
-- Money put on an invoice or taken off: both sides follow, and so does the revenue that it earns.
CREATE FUNCTION billing_allocation_added() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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
CREATE TRIGGER allocation_added AFTER INSERT ON billing_paymentallocation
    FOR EACH ROW EXECUTE FUNCTION billing_allocation_added('billing_invoice', 'billing_payment', 'patients_patient')
-- ;;
-- Never more than was paid goes back: the payment's own check refuses the rest, also to two who refund at once.
CREATE FUNCTION billing_refund_added() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    EXECUTE format('SELECT 1 FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0]) USING NEW.payment_id;
    EXECUTE format('UPDATE %1$I.%2$I SET refunded = (SELECT sum(amount) FROM %1$I.%3$I WHERE payment_id = $1) WHERE id = $1',
                   TG_TABLE_SCHEMA, TG_ARGV[0], TG_TABLE_NAME) USING NEW.payment_id;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER refund_added AFTER INSERT ON billing_refund
    FOR EACH ROW EXECUTE FUNCTION billing_refund_added('billing_payment')
-- ;;
CREATE FUNCTION billing_void_added() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    EXECUTE format('UPDATE %I.%I SET voided_at = $2 WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0]) USING NEW.invoice_id, NEW.at;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER void_added AFTER INSERT ON billing_invoicevoid
    FOR EACH ROW EXECUTE FUNCTION billing_void_added('billing_invoice')
-- ;;
ALTER TABLE billing_invoice ENABLE ALWAYS TRIGGER invoice_guard, ENABLE ALWAYS TRIGGER invoice_stays, ENABLE ALWAYS TRIGGER invoice_stays_whole
-- ;;
ALTER TABLE billing_invoiceline ENABLE ALWAYS TRIGGER line_changed, ENABLE ALWAYS TRIGGER lines_stay_whole
-- ;;
ALTER TABLE billing_payment ENABLE ALWAYS TRIGGER payment_guard, ENABLE ALWAYS TRIGGER payment_stays, ENABLE ALWAYS TRIGGER payment_stays_whole
-- ;;
ALTER TABLE billing_paymentallocation ENABLE ALWAYS TRIGGER allocation_added
-- ;;
ALTER TABLE billing_refund ENABLE ALWAYS TRIGGER refund_added
-- ;;
ALTER TABLE billing_invoicevoid ENABLE ALWAYS TRIGGER void_added
