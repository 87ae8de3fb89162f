DROP TRIGGER sums_stay_whole ON ledger_accountday
-- ;;
DROP TRIGGER sums_follow_lines ON ledger_accountday
-- ;;
DROP TRIGGER lines_are_summed ON ledger_journalline
-- ;;
DROP FUNCTION ledger_sums_follow_lines()
-- ;;
DROP FUNCTION ledger_lines_are_summed()
-- ;;
DELETE FROM ledger_accountday
