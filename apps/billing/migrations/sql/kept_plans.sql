-- What is asked for each line, tax, issue and payment, as the files named after them say it.
-- Statements are split at lines of "-- ;;". A function stands in a clinic's schema and looks nowhere else, whatever the
-- session's path is by then (core/sql.py, pinned): so it may name tables outright, and its plans are kept.

CREATE OR REPLACE FUNCTION billing_allocation_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    invoice record;
    payment record;
    on_invoice record;
    persons int := 1;
BEGIN
    -- Rows are locked before they are summed: the sums below then see every allocation that was committed.
    SELECT patient_id, currency, issued_at, voided_at INTO invoice FROM billing_invoice WHERE id = NEW.invoice_id FOR NO KEY UPDATE;
    SELECT patient_id, currency, captured_at INTO payment FROM billing_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    IF invoice.issued_at IS NULL OR invoice.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'money can only be on an issued invoice' USING ERRCODE = 'restrict_violation';
    END IF;
    IF payment.captured_at IS NULL THEN
        RAISE EXCEPTION 'only money that came in can be used' USING ERRCODE = 'restrict_violation';
    END IF;
    IF payment.patient_id <> invoice.patient_id THEN
        -- Two records may be one person. Held, so that nobody takes them apart at this moment.
        SELECT count(DISTINCT coalesce(merged_into_id, id)) INTO persons
          FROM (SELECT id, merged_into_id FROM patients_patient
                 WHERE id IN (payment.patient_id, invoice.patient_id) ORDER BY id FOR KEY SHARE) records;
    END IF;
    IF persons > 1 OR payment.currency <> invoice.currency THEN
        RAISE EXCEPTION 'a payment pays invoices of its own patient and currency' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT sum(amount) AS applied, -coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS refunded,
           sum(amount) FILTER (WHERE payment_id = NEW.payment_id) AS together
      INTO on_invoice FROM billing_paymentallocation WHERE invoice_id = NEW.invoice_id;
    IF on_invoice.together < 0 THEN
        RAISE EXCEPTION 'more was taken off the invoice than this payment had on it' USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE billing_invoice SET applied = on_invoice.applied, refunded = on_invoice.refunded WHERE id = NEW.invoice_id;
    UPDATE billing_payment SET applied = (SELECT sum(amount) FROM billing_paymentallocation WHERE payment_id = NEW.payment_id)
     WHERE id = NEW.payment_id;
    RETURN NULL;
END $$
-- ;;
CREATE OR REPLACE FUNCTION billing_revenue_is_pro_rata() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    earned numeric;
    booked numeric;
BEGIN
    SELECT coalesce(round((net - credited_net - written_off_net) * applied / nullif(total - credited - written_off, 0), decimals::int), 0)
      INTO earned FROM billing_invoice WHERE id = NEW.invoice_id;
    booked := coalesce((SELECT sum(recognised) FROM billing_paymentallocation WHERE invoice_id = NEW.invoice_id), 0)
            + coalesce((SELECT sum(recognised) FROM billing_writeoff WHERE invoice_id = NEW.invoice_id), 0)
            + coalesce((SELECT sum(recognised) FROM billing_creditnote WHERE invoice_id = NEW.invoice_id), 0);
    IF booked <> earned THEN
        RAISE EXCEPTION 'revenue is recognised pro rata to what is paid' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE OR REPLACE FUNCTION billing_invoice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    figures text[] := '{net,tax,total,applied,refunded,credited,credited_net,written_off,written_off_net,voided_at}';
    computed text[] := '{due,status}';
    issuing text[] := '{number,issued_on,due_on,issued_at,issued_by_id}';
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
        IF NOT EXISTS (SELECT FROM billing_invoiceline WHERE invoice_id = NEW.id) THEN
            RAISE EXCEPTION 'an invoice without lines cannot be issued' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE OR REPLACE FUNCTION billing_line_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    home uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.invoice_id ELSE NEW.invoice_id END;
    invoice record;
BEGIN
    SELECT number, decimals, issued_at, voided_at INTO invoice FROM billing_invoice WHERE id = home FOR NO KEY UPDATE;
    IF invoice.issued_at IS NOT NULL OR invoice.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'invoice % is issued or void: its lines can no longer change', invoice.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.invoice_id <> OLD.invoice_id THEN
        RAISE EXCEPTION 'a line stays on its invoice' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.decimals <> invoice.decimals THEN
        RAISE EXCEPTION 'a line has the decimals of its invoice' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE billing_invoice i SET net = s.net, tax = s.tax, total = s.net + s.tax
      FROM (SELECT coalesce(sum(net), 0) net, coalesce(sum(tax), 0) tax FROM billing_invoiceline WHERE invoice_id = home) s
     WHERE i.id = home;
    RETURN NULL;
END $$
-- ;;
CREATE OR REPLACE FUNCTION billing_lines_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    invoice record;
BEGIN
    FOR invoice IN SELECT id, number, decimals, issued_at, voided_at FROM billing_invoice
                    WHERE id IN (SELECT invoice_id FROM added) ORDER BY id FOR NO KEY UPDATE
    LOOP
        IF invoice.issued_at IS NOT NULL OR invoice.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'invoice % is issued or void: its lines can no longer change', invoice.number USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT FROM added WHERE invoice_id = invoice.id AND decimals <> invoice.decimals) THEN
            RAISE EXCEPTION 'a line has the decimals of its invoice' USING ERRCODE = 'check_violation';
        END IF;
        UPDATE billing_invoice i SET net = s.net, tax = s.tax, total = s.net + s.tax
          FROM (SELECT sum(net) net, sum(tax) tax FROM billing_invoiceline WHERE invoice_id = invoice.id) s
         WHERE i.id = invoice.id;
    END LOOP;
    RETURN NULL;
END $$
-- ;;
CREATE OR REPLACE FUNCTION billing_line_tax_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    home uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.line_id ELSE NEW.line_id END;
    invoice record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a tax of a line is not changed but written anew' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT i.number, i.issued_at, i.voided_at INTO invoice
      FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id WHERE l.id = home FOR NO KEY UPDATE OF i;
    IF invoice.issued_at IS NOT NULL OR invoice.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'invoice % is issued or void: the taxes of its lines can no longer change', invoice.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$
-- ;;
CREATE OR REPLACE FUNCTION billing_taxes_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    here uuid;
    wrong bool;
BEGIN
    IF TG_ARGV[2] = 'line' THEN
        here := NEW.id;
    ELSE
        here := CASE WHEN TG_OP = 'DELETE' THEN OLD.line_id ELSE NEW.line_id END;
    END IF;
    SELECT l.tax <> coalesce(sum(t.amount), 0) OR l.tax_rate <> coalesce(sum(t.rate), 0)
           OR l.included <> coalesce(sum(t.amount) FILTER (WHERE t.is_included), 0)
           OR coalesce(bool_or(t.amount <> round(l.net * t.rate / 100, l.decimals::int)) FILTER (WHERE NOT t.is_included), false)
           OR coalesce(bool_or(abs(t.amount * w.rates - l.included * t.rate) >= w.rates / 10::numeric ^ l.decimals)
                       FILTER (WHERE t.is_included AND w.rates > 0), false)
           OR w.rates > 0 AND NOT 2 * 10::numeric ^ l.decimals * (l.net * (100 + w.rates) - (l.gross - l.discount) * 100)
                              BETWEEN -(100 + w.rates) + 0.0001 AND 100 + w.rates
      INTO wrong
      FROM billing_invoiceline l LEFT JOIN billing_invoicelinetax t ON t.line_id = l.id,
           (SELECT coalesce(sum(rate), 0) AS rates FROM billing_invoicelinetax WHERE line_id = here AND is_included) w
     WHERE l.id = here GROUP BY l.id, w.rates;
    IF wrong THEN
        RAISE EXCEPTION 'the tax of a line is what its taxes come to' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
