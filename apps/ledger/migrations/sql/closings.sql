-- Closed days take no entry, from any writer; what they said when they were closed is kept by the database itself.

-- What the books say of each day: entries, debits, and a digest of every word and figure in them, in any order. A day's
-- digest is the sum of its entries' and these the sums of their lines': two hashes of 60 bits each, side by side.
CREATE FUNCTION ledger_seals(home text, first date, last date)
RETURNS TABLE (day date, entries bigint, debits numeric, digest text) LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
    RETURN QUERY EXECUTE format('
        SELECT e.effective_on, count(*), sum(l.debits), sum(e.left_ + l.left_)::text || ''.'' || sum(e.right_ + l.right_)::text
          FROM (SELECT id, effective_on, (''x'' || substr(word, 1, 15))::bit(60)::bigint::numeric AS left_,
                       (''x'' || substr(word, 17, 15))::bit(60)::bigint::numeric AS right_
                  FROM (SELECT id, effective_on, md5(concat_ws(''|'', number, to_char(effective_on, ''YYYY-MM-DD''),
                               extract(epoch FROM recorded_at), source, source_id, reverses_id, by_id, description)) AS word
                          FROM %1$I.ledger_journalentry WHERE effective_on BETWEEN coalesce($1, ''-infinity''::date) AND $2) w) e
          JOIN (SELECT entry_id, sum(debit) AS debits, sum((''x'' || substr(word, 1, 15))::bit(60)::bigint::numeric) AS left_,
                       sum((''x'' || substr(word, 17, 15))::bit(60)::bigint::numeric) AS right_
                  FROM (SELECT entry_id, debit, md5(concat_ws(''|'', entry_id, account_id, debit, credit,
                               coalesce(subject::text, ''-''), coalesce(document::text, ''-''))) AS word
                          FROM %1$I.ledger_journalline WHERE effective_on BETWEEN coalesce($1, ''-infinity''::date) AND $2) w
                 GROUP BY entry_id) l ON l.entry_id = e.id
         GROUP BY e.effective_on', home) USING first, last;
END $$
-- ;;
-- Whoever writes an entry holds the books as everybody does who posts, only less: nobody closes them meanwhile, and who
-- closes them waits. The day that is read after that is the day that holds.
CREATE FUNCTION ledger_entry_is_in_open_days() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    until date;
BEGIN
    EXECUTE format('SELECT 1 FROM %I.%I WHERE role = ''accounts_receivable'' FOR KEY SHARE', TG_TABLE_SCHEMA, TG_ARGV[1]);
    EXECUTE format('SELECT closed_until FROM %I.%I ORDER BY place DESC LIMIT 1', TG_TABLE_SCHEMA, TG_ARGV[0]) INTO until;
    IF NEW.effective_on <= until THEN
        RAISE EXCEPTION 'the books are closed up to %: journal entry % counts on a later day', until, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'day_is_closed';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER entry_is_in_open_days BEFORE INSERT ON ledger_journalentry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_in_open_days('ledger_bookclosing', 'ledger_account')
-- ;;
-- Closing goes forward, re-opening back; re-opening needs two different people.
CREATE FUNCTION ledger_closing_follows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    last record;
    request record;
    refused bool;
BEGIN
    EXECUTE format('SELECT 1 FROM %I.%I WHERE role = ''accounts_receivable'' FOR UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0]);
    EXECUTE format('SELECT place, closed_until FROM %I.%I ORDER BY place DESC LIMIT 1', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO last;
    NEW.place := coalesce(last.place, 0) + 1;
    IF NEW.kind = 'closed' THEN
        IF NEW.closed_until <= last.closed_until OR NEW.closed_until > (NEW.at AT TIME ZONE 'UTC')::date + 1 THEN
            RAISE EXCEPTION 'the books are closed forward, and not before the day is there' USING ERRCODE = 'check_violation', CONSTRAINT = 'closing_goes_forward';
        END IF;
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT by_id, reopen_from FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[1]) INTO request USING NEW.request_id;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE request_id = $1)', TG_TABLE_SCHEMA, TG_ARGV[2]) INTO refused USING NEW.request_id;
    IF request.by_id = NEW.by_id THEN
        RAISE EXCEPTION 'the books are re-opened by two people' USING ERRCODE = 'check_violation', CONSTRAINT = 'two_people_reopen';
    END IF;
    IF refused OR NEW.closed_until IS DISTINCT FROM request.reopen_from - 1 OR NEW.closed_until >= last.closed_until OR last IS NULL THEN
        RAISE EXCEPTION 'the books are re-opened as it was asked for' USING ERRCODE = 'check_violation', CONSTRAINT = 'reopened_as_asked';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER closing_follows BEFORE INSERT ON ledger_bookclosing FOR EACH ROW
    EXECUTE FUNCTION ledger_closing_follows('ledger_account', 'ledger_reopeningrequest', 'ledger_reopeningrefusal')
-- ;;
CREATE FUNCTION ledger_closing_seals() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    before date;
BEGIN
    IF NEW.kind = 'closed' THEN
        EXECUTE format('SELECT closed_until FROM %I.%I WHERE place = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO before USING NEW.place - 1;
        EXECUTE format('INSERT INTO %1$I.%2$I (closing_id, day, entries, debits, digest)
                        SELECT $1, day, entries, debits, digest FROM %1$I.ledger_seals(%1$L, $2, $3)', TG_TABLE_SCHEMA, TG_ARGV[0])
            USING NEW.id, before + 1, NEW.closed_until;
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER closing_seals AFTER INSERT ON ledger_bookclosing FOR EACH ROW EXECUTE FUNCTION ledger_closing_seals('ledger_closedday')
-- ;;
CREATE FUNCTION ledger_day_is_sealed_by_closing() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'a day is sealed by its closing alone' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER day_is_sealed_by_closing BEFORE INSERT ON ledger_closedday
    FOR EACH ROW EXECUTE FUNCTION ledger_day_is_sealed_by_closing()
-- ;;
-- What was approved is not refused any more: both hold the books.
CREATE FUNCTION ledger_refusal_comes_first() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    approved bool;
BEGIN
    EXECUTE format('SELECT 1 FROM %I.%I WHERE role = ''accounts_receivable'' FOR NO KEY UPDATE', TG_TABLE_SCHEMA, TG_ARGV[0]);
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE request_id = $1)', TG_TABLE_SCHEMA, TG_ARGV[1]) INTO approved USING NEW.request_id;
    IF approved THEN
        RAISE EXCEPTION 'this request was approved' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER refusal_comes_first BEFORE INSERT ON ledger_reopeningrefusal
    FOR EACH ROW EXECUTE FUNCTION ledger_refusal_comes_first('ledger_account', 'ledger_bookclosing')
-- ;;
ALTER TABLE ledger_journalentry ENABLE ALWAYS TRIGGER entry_is_in_open_days
-- ;;
ALTER TABLE ledger_bookclosing ENABLE ALWAYS TRIGGER closing_follows, ENABLE ALWAYS TRIGGER closing_seals
-- ;;
ALTER TABLE ledger_closedday ENABLE ALWAYS TRIGGER day_is_sealed_by_closing
-- ;;
ALTER TABLE ledger_reopeningrefusal ENABLE ALWAYS TRIGGER refusal_comes_first
