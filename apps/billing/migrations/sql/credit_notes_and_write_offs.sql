-- Credit notes and write-offs lower what an issued invoice comes to. They are facts: its figures follow them, and the
-- revenue on it is what is paid of what still stands.

CREATE OR REPLACE FUNCTION billing_invoice_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    figures text[] := '{net,tax,total,applied,refunded,credited,credited_net,written_off,written_off_net,voided_at}';
    computed text[] := '{due,status}';
    issuing text[] := '{number,issued_on,due_on,issued_at,issued_by_id}';
    lines int;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (NEW.net, NEW.tax, NEW.total, NEW.applied, NEW.refunded) IS DISTINCT FROM (0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric)
           OR (NEW.credited, NEW.credited_net, NEW.written_off, NEW.written_off_net) IS DISTINCT FROM (0::numeric, 0::numeric, 0::numeric, 0::numeric)
           OR NEW.voided_at IS NOT NULL OR NEW.issued_at IS NOT NULL THEN
            RAISE EXCEPTION 'an invoice begins as an empty draft' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF pg_trigger_depth() > 1 THEN
        -- A line, an allocation, a credit note, a write-off or a void moved the figures.
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
-- As before, without the revenue: that is proved by a trigger of its own below, wherever it may move.
CREATE OR REPLACE FUNCTION billing_allocation_added() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    invoice record;
    payment record;
    on_invoice record;
    together numeric;
    persons int := 1;
BEGIN
    -- Rows are locked before they are summed: the sums below then see every allocation that was committed.
    EXECUTE format('SELECT patient_id, currency, issued_at, voided_at FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE',
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
    EXECUTE format('SELECT sum(amount) applied, -coalesce(sum(amount) FILTER (WHERE kind = ''refund''), 0) refunded
                      FROM %I.%I WHERE invoice_id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO on_invoice USING NEW.invoice_id;
    EXECUTE format('UPDATE %I.%I SET applied = $2, refunded = $3 WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0])
        USING NEW.invoice_id, on_invoice.applied, on_invoice.refunded;
    EXECUTE format('UPDATE %1$I.%2$I SET applied = (SELECT sum(amount) FROM %1$I.%3$I WHERE payment_id = $1) WHERE id = $1',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_TABLE_NAME) USING NEW.payment_id;
    RETURN NULL;
END $$
-- ;;
-- The invoice is held before its credit notes or write-offs are summed: of two that together take too much, one fails.
CREATE FUNCTION billing_reduction_added() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    invoice record;
BEGIN
    EXECUTE format('SELECT number, decimals, issued_at, voided_at FROM %I.%I WHERE id = $1 FOR NO KEY UPDATE',
                   TG_TABLE_SCHEMA, TG_ARGV[0]) INTO invoice USING NEW.invoice_id;
    IF invoice.issued_at IS NULL OR invoice.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'only an issued invoice is credited or written off' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.net, NEW.tax) IS DISTINCT FROM (round(NEW.net, invoice.decimals::int), round(NEW.tax, invoice.decimals::int)) THEN
        RAISE EXCEPTION 'amounts have the decimals of their invoice' USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('UPDATE %1$I.%2$I i SET %4$I = s.amount, %5$I = s.net
                      FROM (SELECT coalesce(sum(net + tax), 0) amount, coalesce(sum(net), 0) net FROM %1$I.%3$I WHERE invoice_id = $1) s
                     WHERE i.id = $1', TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]) USING NEW.invoice_id;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER reduction_added AFTER INSERT ON billing_writeoff FOR EACH ROW
    EXECUTE FUNCTION billing_reduction_added('billing_invoice', 'billing_writeoff', 'written_off', 'written_off_net')
-- ;;
CREATE TRIGGER reduction_added AFTER INSERT ON billing_creditnote FOR EACH ROW
    EXECUTE FUNCTION billing_reduction_added('billing_invoice', 'billing_creditnote', 'credited', 'credited_net')
-- ;;
-- Revenue is what is paid of what stands, of its net: half up, over everything so far, so that the last unit comes out.
CREATE FUNCTION billing_revenue_is_pro_rata() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    earned numeric;
    booked numeric;
BEGIN
    EXECUTE format('SELECT coalesce(round((net - credited_net - written_off_net) * applied / nullif(total - credited - written_off, 0), decimals::int), 0)
                      FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0]) INTO earned USING NEW.invoice_id;
    EXECUTE format('SELECT coalesce((SELECT sum(recognised) FROM %1$I.%2$I WHERE invoice_id = $1), 0)
                         + coalesce((SELECT sum(recognised) FROM %1$I.%3$I WHERE invoice_id = $1), 0)
                         + coalesce((SELECT sum(recognised) FROM %1$I.%4$I WHERE invoice_id = $1), 0)',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]) INTO booked USING NEW.invoice_id;
    IF booked <> earned THEN
        RAISE EXCEPTION 'revenue is recognised pro rata to what is paid' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER revenue_is_pro_rata AFTER INSERT ON billing_paymentallocation FOR EACH ROW
    EXECUTE FUNCTION billing_revenue_is_pro_rata('billing_invoice', 'billing_paymentallocation', 'billing_writeoff', 'billing_creditnote')
-- ;;
CREATE TRIGGER revenue_is_pro_rata AFTER INSERT ON billing_writeoff FOR EACH ROW
    EXECUTE FUNCTION billing_revenue_is_pro_rata('billing_invoice', 'billing_paymentallocation', 'billing_writeoff', 'billing_creditnote')
-- ;;
CREATE TRIGGER revenue_is_pro_rata AFTER INSERT ON billing_creditnote FOR EACH ROW
    EXECUTE FUNCTION billing_revenue_is_pro_rata('billing_invoice', 'billing_paymentallocation', 'billing_writeoff', 'billing_creditnote')
-- ;;
-- A write-off is taken back wholly, on its own invoice, and for good.
CREATE FUNCTION billing_write_off_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    original record;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        EXECUTE format('SELECT invoice_id, net, tax, reverses_id FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0])
            INTO original USING NEW.reverses_id;
        IF (NEW.invoice_id, NEW.net, NEW.tax, NULL::uuid) IS DISTINCT FROM
           (original.invoice_id, -original.net, -original.tax, original.reverses_id) THEN
            RAISE EXCEPTION 'a write-off is taken back wholly, on its own invoice, and for good' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER write_off_guard BEFORE INSERT ON billing_writeoff
    FOR EACH ROW EXECUTE FUNCTION billing_write_off_guard('billing_writeoff')
-- ;;
-- At COMMIT: a credit note is what its lines are, they are of its invoice, and no line gives more than it was.
CREATE FUNCTION billing_credit_note_adds_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    checked uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    odd int;
BEGIN
    EXECUTE format('SELECT count(*) FROM %1$I.%2$I n
                      LEFT JOIN (SELECT sum(net) net, sum(tax) tax FROM %1$I.%3$I WHERE note_id = $1) s ON true
                     WHERE n.id = $1 AND (n.net, n.tax) IS DISTINCT FROM (s.net, s.tax)',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2]) INTO odd USING checked;
    IF odd > 0 THEN
        RAISE EXCEPTION 'a credit note is what its lines are' USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_is_its_lines';
    END IF;
    EXECUTE format('SELECT count(*) FROM %1$I.%3$I c JOIN %1$I.%2$I n ON n.id = c.note_id JOIN %1$I.%4$I l ON l.id = c.line_id
                     WHERE c.note_id = $1 AND (l.invoice_id <> n.invoice_id
                        OR l.net < (SELECT sum(net) FROM %1$I.%3$I WHERE line_id = l.id)
                        OR l.tax < (SELECT sum(tax) FROM %1$I.%3$I WHERE line_id = l.id))',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]) INTO odd USING checked;
    IF odd > 0 THEN
        RAISE EXCEPTION 'a line of the invoice is credited up to what it was' USING ERRCODE = 'check_violation', CONSTRAINT = 'line_is_credited_once';
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER credit_note_adds_up AFTER INSERT ON billing_creditnote DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_credit_note_adds_up('id', 'billing_creditnote', 'billing_creditnoteline', 'billing_invoiceline')
-- ;;
CREATE CONSTRAINT TRIGGER credited_line_adds_up AFTER INSERT ON billing_creditnoteline DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_credit_note_adds_up('note_id', 'billing_creditnote', 'billing_creditnoteline', 'billing_invoiceline')
-- ;;
ALTER TABLE billing_paymentallocation ENABLE ALWAYS TRIGGER revenue_is_pro_rata
-- ;;
ALTER TABLE billing_writeoff ENABLE ALWAYS TRIGGER reduction_added, ENABLE ALWAYS TRIGGER revenue_is_pro_rata, ENABLE ALWAYS TRIGGER write_off_guard
-- ;;
ALTER TABLE billing_creditnote ENABLE ALWAYS TRIGGER reduction_added, ENABLE ALWAYS TRIGGER revenue_is_pro_rata, ENABLE ALWAYS TRIGGER credit_note_adds_up
-- ;;
ALTER TABLE billing_creditnoteline ENABLE ALWAYS TRIGGER credited_line_adds_up
