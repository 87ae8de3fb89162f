DROP TRIGGER credit_note_guard ON billing_creditnote
-- ;;
DROP FUNCTION billing_credit_note_guard()
-- ;;
CREATE OR REPLACE FUNCTION billing_credit_note_adds_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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
