DROP TRIGGER as_committed ON scheduling_waitlistoffer
-- ;;
DROP TRIGGER as_committed ON scheduling_resourceuse
-- ;;
DROP TRIGGER as_committed ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_as_committed()
