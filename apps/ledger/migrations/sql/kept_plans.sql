-- What is asked for each entry and line that is posted, as guards.sql, account_days.sql and closings.sql say it.
-- Statements are split at lines of "-- ;;". A function stands in a clinic's schema and looks nowhere else, whatever the
-- session's path is by then (core/sql.py, pinned): so it may name tables outright, and its plans are kept.

CREATE OR REPLACE FUNCTION ledger_entry_is_made() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    original record;
BEGIN
    NEW.made_in := pg_current_xact_id()::text::bigint;
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT effective_on, reverses_id INTO original FROM ledger_journalentry WHERE id = NEW.reverses_id;
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
CREATE OR REPLACE FUNCTION ledger_line_joins_its_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    SELECT made_in, effective_on, recorded_at INTO made, NEW.effective_on, NEW.recorded_at FROM ledger_journalentry WHERE id = NEW.entry_id;
    IF made IS DISTINCT FROM pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION 'journal entry % is complete: no line may be added to it', NEW.entry_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_is_complete';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE OR REPLACE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked uuid;
    mirrored uuid;
    difference numeric;
    n int;
BEGIN
    IF TG_ARGV[0] = 'id' THEN checked := NEW.id; ELSE checked := NEW.entry_id; END IF;
    SELECT coalesce(sum(debit - credit), 0), count(*) INTO difference, n FROM ledger_journalline WHERE entry_id = checked;
    IF difference <> 0 OR n < 2 THEN
        RAISE EXCEPTION 'journal entry % does not balance: difference % over % lines', checked, difference, n
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
    END IF;
    SELECT reverses_id INTO mirrored FROM ledger_journalentry WHERE id = checked;
    IF mirrored IS NOT NULL THEN
        SELECT count(*) INTO n FROM (
            SELECT account_id, debit AS d, credit AS c, subject, document, count(*) FROM ledger_journalline WHERE entry_id = checked GROUP BY 1, 2, 3, 4, 5
            EXCEPT
            SELECT account_id, credit, debit, subject, document, count(*) FROM ledger_journalline WHERE entry_id = mirrored GROUP BY 1, 2, 3, 4, 5) odd;
        IF n = 0 THEN
            SELECT count(*) FILTER (WHERE entry_id = checked) - count(*) FILTER (WHERE entry_id = mirrored) INTO n
              FROM ledger_journalline WHERE entry_id IN (checked, mirrored);
        END IF;
        IF n <> 0 THEN
            RAISE EXCEPTION 'journal entry % is not the mirror of % which it reverses', checked, mirrored
                USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_is_a_mirror';
        END IF;
    END IF;
    RETURN NULL;
END $$
-- ;;
CREATE OR REPLACE FUNCTION ledger_entry_is_in_open_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    until date;
BEGIN
    PERFORM FROM ledger_account WHERE role = 'accounts_receivable' FOR KEY SHARE;
    SELECT closed_until INTO until FROM ledger_bookclosing ORDER BY place DESC LIMIT 1;
    IF NEW.effective_on <= until THEN
        RAISE EXCEPTION 'the books are closed up to %: journal entry % counts on a later day', until, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'day_is_closed';
    END IF;
    RETURN NEW;
END $$
-- ;;
CREATE OR REPLACE FUNCTION ledger_lines_are_summed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In the order of accounts and days: two that post at once never wait for each other crosswise.
    INSERT INTO ledger_accountday AS day (account_id, effective_on, debit, credit, lines)
    SELECT account_id, effective_on, sum(debit), sum(credit), count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (account_id, effective_on)
    DO UPDATE SET debit = day.debit + excluded.debit, credit = day.credit + excluded.credit, lines = day.lines + excluded.lines;
    RETURN NULL;
END $$
