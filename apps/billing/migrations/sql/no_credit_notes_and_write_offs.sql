DROP TRIGGER credited_line_adds_up ON billing_creditnoteline
-- ;;
DROP TRIGGER credit_note_adds_up ON billing_creditnote
-- ;;
DROP FUNCTION billing_credit_note_adds_up()
-- ;;
DROP TRIGGER write_off_guard ON billing_writeoff
-- ;;
DROP FUNCTION billing_write_off_guard()
-- ;;
DROP TRIGGER revenue_is_pro_rata ON billing_creditnote
-- ;;
DROP TRIGGER revenue_is_pro_rata ON billing_writeoff
-- ;;
DROP TRIGGER revenue_is_pro_rata ON billing_paymentallocation
-- ;;
DROP FUNCTION billing_revenue_is_pro_rata()
-- ;;
DROP TRIGGER reduction_added ON billing_creditnote
-- ;;
DROP TRIGGER reduction_added ON billing_writeoff
-- ;;
DROP FUNCTION billing_reduction_added()
-- ;;
-- The two functions as they were before (figures_follow_facts.sql).
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
CREATE OR REPLACE FUNCTION billing_invoice_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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
