DROP TRIGGER card_stays_void ON patients_idcard
-- ;;
DROP TRIGGER card_keeps ON patients_idcard
-- ;;
DROP TRIGGER card_stays ON patients_idcard
-- ;;
DROP TRIGGER card_stays_whole ON patients_idcard
-- ;;
DROP FUNCTION patients_card_stays_void()
