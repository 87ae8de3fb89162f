-- The entry remembers the transaction that makes it; whatever the caller sent is replaced.
CREATE FUNCTION ledger_entry_is_made() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    original record;
BEGIN
    NEW.made_in := pg_current_xact_id()::text::bigint;
    IF NEW.reverses_id IS NOT NULL THEN
        EXECUTE format('SELECT effective_on, reverses_id FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
           INTO original USING NEW.reverses_id;
        IF original.reverses_id IS NOT NULL THEN
            RAISE EXCEPTION 'journal entry %: a reversal is not reversed again', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_is_final';
        END IF;
        IF NEW.effective_on < original.effective_on THEN
            RAISE EXCEPTION 'journal entry %: reversed before the day on which it counts', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_comes_later';
        END IF;
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER entry_is_made BEFORE INSERT ON ledger_journalentry FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_made()
-- ;;
ALTER TABLE ledger_journalentry ENABLE ALWAYS TRIGGER entry_is_made
-- ;;
-- Lines come with their entry or never: a later transaction cannot add to it, not even two lines that balance.
-- Day and time are the entry's own, whatever the caller sent.
CREATE FUNCTION ledger_line_joins_its_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    made bigint;
BEGIN
    EXECUTE format('SELECT made_in, effective_on, recorded_at FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[0])
       INTO made, NEW.effective_on, NEW.recorded_at USING NEW.entry_id;
    IF made IS DISTINCT FROM pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION 'journal entry % is complete: no line may be added to it', NEW.entry_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_is_complete';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER line_joins_its_entry BEFORE INSERT ON ledger_journalline
    FOR EACH ROW EXECUTE FUNCTION ledger_line_joins_its_entry('ledger_journalentry')
-- ;;
ALTER TABLE ledger_journalline ENABLE ALWAYS TRIGGER line_joins_its_entry
-- ;;
-- At COMMIT: two lines or more, debits equal credits, and a reversal is the exact mirror of what it names.
CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    checked uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    mirrored uuid;
    difference numeric;
    n int;
BEGIN
    EXECUTE format('SELECT coalesce(sum(debit - credit), 0), count(*) FROM %I.%I WHERE entry_id = $1', TG_TABLE_SCHEMA, TG_ARGV[2])
       INTO difference, n USING checked;
    IF difference <> 0 OR n < 2 THEN
        RAISE EXCEPTION 'journal entry % does not balance: difference % over % lines', checked, difference, n
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
    END IF;
    EXECUTE format('SELECT reverses_id FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_ARGV[1]) INTO mirrored USING checked;
    IF mirrored IS NOT NULL THEN
        EXECUTE format(
            'SELECT count(*) FROM (
                SELECT account_id, debit AS d, credit AS c, subject, document, count(*) FROM %1$I.%2$I WHERE entry_id = $1 GROUP BY 1, 2, 3, 4, 5
                EXCEPT
                SELECT account_id, credit, debit, subject, document, count(*) FROM %1$I.%2$I WHERE entry_id = $2 GROUP BY 1, 2, 3, 4, 5) odd',
            TG_TABLE_SCHEMA, TG_ARGV[2]) INTO n USING checked, mirrored;
        IF n = 0 THEN
            EXECUTE format('SELECT count(*) FILTER (WHERE entry_id = $1) - count(*) FILTER (WHERE entry_id = $2)
                              FROM %I.%I WHERE entry_id IN ($1, $2)', TG_TABLE_SCHEMA, TG_ARGV[2]) INTO n USING checked, mirrored;
        END IF;
        IF n <> 0 THEN
            RAISE EXCEPTION 'journal entry % is not the mirror of % which it reverses', checked, mirrored
                USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_is_a_mirror';
        END IF;
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON ledger_journalentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances('id', 'ledger_journalentry', 'ledger_journalline')
-- ;;
CREATE CONSTRAINT TRIGGER line_balances AFTER INSERT ON ledger_journalline DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances('entry_id', 'ledger_journalentry', 'ledger_journalline')
-- ;;
ALTER TABLE ledger_journalentry ENABLE ALWAYS TRIGGER entry_balances
-- ;;
ALTER TABLE ledger_journalline ENABLE ALWAYS TRIGGER line_balances
-- ;;
-- An account may be renamed. What it means to the rules may not change under the sums that stand on it.
CREATE FUNCTION ledger_account_keeps_its_meaning() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.role = '' THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'account % has a role and stays', OLD.code USING ERRCODE = '42501';
    END IF;
    IF (NEW.id, NEW.code, NEW.kind, NEW.role) IS DISTINCT FROM (OLD.id, OLD.code, OLD.kind, OLD.role) THEN
        RAISE EXCEPTION 'account %: code, kind and role stay what they are', OLD.code USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE TRIGGER account_keeps_its_meaning BEFORE UPDATE OR DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_keeps_its_meaning()
-- ;;
ALTER TABLE ledger_account ENABLE ALWAYS TRIGGER account_keeps_its_meaning
