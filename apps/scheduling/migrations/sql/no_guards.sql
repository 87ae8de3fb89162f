ALTER TABLE scheduling_weeklyhours DROP CONSTRAINT weekly_hours_overlap
-- ;;
DROP TRIGGER appointment_moves ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_appointment_moves()
-- ;;
ALTER TABLE scheduling_appointment DROP CONSTRAINT appointment_override_reason
-- ;;
ALTER TABLE scheduling_appointment DROP CONSTRAINT appointment_lane
-- ;;
DROP TRIGGER appointment_guard ON scheduling_appointment
-- ;;
DROP FUNCTION scheduling_appointment_guard()
