-- The taxes of a line are its own: they come and go with their draft, and the line's tax is what they come to.
ALTER TABLE billing_tax ADD CONSTRAINT one_tax_of_a_name_a_day EXCLUDE USING gist (
    lower(name) WITH =, daterange(starts_on, ends_on, '[]') WITH &&)
-- ;;
-- What the taxes come to is proved at COMMIT, below; the rest of a line at once.
ALTER TABLE billing_invoiceline
    DROP CONSTRAINT line_worked_out_rightly,
    ADD CONSTRAINT line_worked_out_rightly CHECK (
        gross = round(unit_price * quantity, decimals::int)
        AND discount = CASE WHEN discount_percent IS NULL THEN round(discount, decimals::int)
                            ELSE round(gross * discount_percent / 100, decimals::int) END)
-- ;;
CREATE FUNCTION billing_line_tax_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    home uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.line_id ELSE NEW.line_id END;
    invoice record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a tax of a line is not changed but written anew' USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('SELECT i.number, i.issued_at, i.voided_at FROM %1$I.%2$I l JOIN %1$I.%3$I i ON i.id = l.invoice_id
                     WHERE l.id = $1 FOR NO KEY UPDATE OF i', TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1])
        INTO invoice USING home;
    IF invoice.issued_at IS NOT NULL OR invoice.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'invoice % is issued or void: the taxes of its lines can no longer change', invoice.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$
-- ;;
CREATE TRIGGER line_tax_guard BEFORE INSERT OR UPDATE OR DELETE ON billing_invoicelinetax
    FOR EACH ROW EXECUTE FUNCTION billing_line_tax_guard('billing_invoiceline', 'billing_invoice')
-- ;;
CREATE TRIGGER line_taxes_stay_whole BEFORE TRUNCATE ON billing_invoicelinetax
    FOR EACH STATEMENT EXECUTE FUNCTION billing_never()
-- ;;
-- The line as it is by now, whatever was written on the way. Halves go up; shares are right to within one unit.
CREATE FUNCTION billing_taxes_add_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    here uuid;
    wrong bool;
BEGIN
    IF TG_ARGV[2] = 'line' THEN
        here := NEW.id;
    ELSE
        here := CASE WHEN TG_OP = 'DELETE' THEN OLD.line_id ELSE NEW.line_id END;
    END IF;
    EXECUTE format('
        SELECT l.tax <> coalesce(sum(t.amount), 0) OR l.tax_rate <> coalesce(sum(t.rate), 0)
               OR l.included <> coalesce(sum(t.amount) FILTER (WHERE t.is_included), 0)
               OR coalesce(bool_or(t.amount <> round(l.net * t.rate / 100, l.decimals::int)) FILTER (WHERE NOT t.is_included), false)
               OR coalesce(bool_or(abs(t.amount * w.rates - l.included * t.rate) >= w.rates / 10::numeric ^ l.decimals)
                           FILTER (WHERE t.is_included AND w.rates > 0), false)
               OR w.rates > 0 AND NOT 2 * 10::numeric ^ l.decimals * (l.net * (100 + w.rates) - (l.gross - l.discount) * 100)
                                  BETWEEN -(100 + w.rates) + 0.0001 AND 100 + w.rates
          FROM %1$I.%2$I l LEFT JOIN %1$I.%3$I t ON t.line_id = l.id,
               (SELECT coalesce(sum(rate), 0) AS rates FROM %1$I.%3$I WHERE line_id = $1 AND is_included) w
         WHERE l.id = $1 GROUP BY l.id, w.rates', TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1])
        INTO wrong USING here;
    IF wrong THEN
        RAISE EXCEPTION 'the tax of a line is what its taxes come to' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER line_has_its_taxes AFTER INSERT OR UPDATE ON billing_invoiceline DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_taxes_add_up('billing_invoiceline', 'billing_invoicelinetax', 'line')
-- ;;
CREATE CONSTRAINT TRIGGER taxes_of_line_add_up AFTER INSERT OR DELETE ON billing_invoicelinetax DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_taxes_add_up('billing_invoiceline', 'billing_invoicelinetax', 'tax')
-- ;;
ALTER TABLE billing_invoicelinetax ENABLE ALWAYS TRIGGER line_tax_guard, ENABLE ALWAYS TRIGGER line_taxes_stay_whole,
    ENABLE ALWAYS TRIGGER taxes_of_line_add_up
-- ;;
ALTER TABLE billing_invoiceline ENABLE ALWAYS TRIGGER line_has_its_taxes
