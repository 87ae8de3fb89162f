-- The sums of each account's days follow its lines; nobody writes them. They are no facts, so the trail leaves them out.
-- Statements are split at lines of "-- ;;". Tables are named by TG_ARGV in the schema of the table that fired.

INSERT INTO ledger_accountday (tenant_id, account_id, effective_on, debit, credit, lines)
SELECT tenant_id, account_id, effective_on, sum(debit), sum(credit), count(*) FROM ledger_journalline GROUP BY 1, 2, 3
-- ;;
CREATE FUNCTION ledger_lines_are_summed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    -- In the order of accounts and days: two that post at once never wait for each other crosswise.
    EXECUTE format('INSERT INTO %1$I.%2$I AS day (account_id, effective_on, debit, credit, lines)
                    SELECT account_id, effective_on, sum(debit), sum(credit), count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2
                    ON CONFLICT (account_id, effective_on)
                    DO UPDATE SET debit = day.debit + excluded.debit, credit = day.credit + excluded.credit,
                                  lines = day.lines + excluded.lines',
                   TG_TABLE_SCHEMA, TG_ARGV[0]);
    RETURN NULL;
END $$
-- ;;
CREATE TRIGGER lines_are_summed AFTER INSERT ON ledger_journalline REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_lines_are_summed('ledger_accountday')
-- ;;
CREATE FUNCTION ledger_sums_follow_lines() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_LEVEL = 'ROW' AND TG_OP <> 'DELETE' AND pg_trigger_depth() > 1 THEN
        RETURN NEW;  -- a line came
    END IF;
    RAISE EXCEPTION '% on %.% is refused: sums follow the lines of the journal', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
-- ;;
CREATE TRIGGER sums_follow_lines BEFORE INSERT OR UPDATE OR DELETE ON ledger_accountday
    FOR EACH ROW EXECUTE FUNCTION ledger_sums_follow_lines()
-- ;;
CREATE TRIGGER sums_stay_whole BEFORE TRUNCATE ON ledger_accountday
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_sums_follow_lines()
-- ;;
ALTER TABLE ledger_journalline ENABLE ALWAYS TRIGGER lines_are_summed
-- ;;
ALTER TABLE ledger_accountday ENABLE ALWAYS TRIGGER sums_follow_lines, ENABLE ALWAYS TRIGGER sums_stay_whole
