DROP TRIGGER account_keeps_its_meaning ON ledger_account
-- ;;
DROP TRIGGER line_balances ON ledger_journalline
-- ;;
DROP TRIGGER entry_balances ON ledger_journalentry
-- ;;
DROP TRIGGER line_joins_its_entry ON ledger_journalline
-- ;;
DROP TRIGGER entry_is_made ON ledger_journalentry
-- ;;
DROP FUNCTION ledger_account_keeps_its_meaning()
-- ;;
DROP FUNCTION ledger_entry_balances()
-- ;;
DROP FUNCTION ledger_line_joins_its_entry()
-- ;;
DROP FUNCTION ledger_entry_is_made()
