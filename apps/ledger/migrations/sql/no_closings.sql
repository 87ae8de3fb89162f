DROP TRIGGER refusal_comes_first ON ledger_reopeningrefusal
-- ;;
DROP FUNCTION ledger_refusal_comes_first()
-- ;;
DROP TRIGGER day_is_sealed_by_closing ON ledger_closedday
-- ;;
DROP FUNCTION ledger_day_is_sealed_by_closing()
-- ;;
DROP TRIGGER closing_seals ON ledger_bookclosing
-- ;;
DROP FUNCTION ledger_closing_seals()
-- ;;
DROP TRIGGER closing_follows ON ledger_bookclosing
-- ;;
DROP FUNCTION ledger_closing_follows()
-- ;;
DROP TRIGGER entry_is_in_open_days ON ledger_journalentry
-- ;;
DROP FUNCTION ledger_entry_is_in_open_days()
-- ;;
DROP FUNCTION ledger_seals(text, date, date)
