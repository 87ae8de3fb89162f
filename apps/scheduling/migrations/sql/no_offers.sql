DROP TRIGGER appointment_offer_guard ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_appointment_offer_guard()
-- ;;
DROP TRIGGER offer_guard ON scheduling_waitlistoffer
-- ;;
DROP FUNCTION scheduling_offer_guard()
