-- A credit note is taken back wholly, line by line, on its own invoice, and for good.
CREATE FUNCTION billing_credit_note_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    original record;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        EXECUTE format('SELECT invoice_id, net, tax, reverses_id FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0])
            INTO original USING NEW.reverses_id;
        IF (NEW.invoice_id, NEW.net, NEW.tax, NULL::uuid) IS DISTINCT FROM
           (original.invoice_id, -original.net, -original.tax, original.reverses_id) THEN
            RAISE EXCEPTION 'a credit note is taken back wholly, on its own invoice, and for good' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER credit_note_guard BEFORE INSERT ON billing_creditnote
    FOR EACH ROW EXECUTE FUNCTION billing_credit_note_guard('billing_creditnote')
-- ;;
ALTER TABLE billing_creditnote ENABLE ALWAYS TRIGGER credit_note_guard
-- ;;
-- At COMMIT: as before, and the lines of a note that takes another back are the mirror of its lines.
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
    EXECUTE format('SELECT count(*) FROM %1$I.%2$I n
                     WHERE n.id = $1 AND CASE WHEN n.reverses_id IS NULL
                       THEN EXISTS (SELECT FROM %1$I.%3$I WHERE note_id = n.id AND total < 0)
                       ELSE EXISTS (SELECT FROM (SELECT line_id, net, tax FROM %1$I.%3$I WHERE note_id = n.id) mirror
                                      FULL JOIN (SELECT line_id, net, tax FROM %1$I.%3$I WHERE note_id = n.reverses_id) note USING (line_id)
                                     WHERE (mirror.net, mirror.tax) IS DISTINCT FROM (-note.net, -note.tax)) END',
                   TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2]) INTO odd USING checked;
    IF odd > 0 THEN
        RAISE EXCEPTION 'a credit note is taken back line by line' USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_is_mirrored';
    END IF;
    RETURN NULL;
END $$
